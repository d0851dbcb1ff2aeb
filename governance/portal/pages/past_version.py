"""One version as it stood at a past moment: itself, its card, its validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.cards.models import CardRevision
from governance.cards.queries import expected_of
from governance.cards.queries.names import named
from governance.cards.queries.past import cards_at
from governance.cards.rules.model_card import Extension
from governance.cards.rules.parts import Part, parts_of, written_parts
from governance.core.instants import Instant
from governance.evidence.queries.past import VersionThen, version_then
from governance.portal.pages.certificates import PROOFS
from governance.portal.pages.validation import OPINIONS
from governance.registry.models import ModelVersion
from governance.validation.models import Finding, Report
from governance.validation.queries import findings_at, reports_at
from governance.validation.rules import Opinion


@dataclass(frozen=True, kw_only=True)
class PastVersionPage:
    """`then` is None before the version was registered."""

    instant: Instant
    then: VersionThen | None


@dataclass(frozen=True, kw_only=True)
class PastCardPage:
    """`shown` is the revision that counted then; None where there was none."""

    instant: Instant
    shown: CardRevision | None
    parts: Sequence[Part]
    extensions: Sequence[Extension]


@dataclass(frozen=True, kw_only=True)
class PastValidationPage:
    instant: Instant
    report: Report | None
    findings: Sequence[Finding]

    @property
    def open(self) -> list[Finding]:
        return [one for one in self.findings if one.was_open_at(self.instant.moment)]

    @property
    def closed(self) -> list[Finding]:
        return [one for one in self.findings if not one.was_open_at(self.instant.moment)]

    @property
    def opinion(self) -> tuple[str, str]:
        return OPINIONS[Opinion(self.report.opinion)] if self.report else ("mute", "ring")

    @property
    def proof(self) -> str:
        return PROOFS.get(self.report.signed_with, self.report.signed_with) if self.report else ""


def past_version_page(version: ModelVersion, instant: Instant) -> PastVersionPage:
    existed = version.registered_at <= instant.moment
    then = version_then(version, instant.moment) if existed else None
    return PastVersionPage(instant=instant, then=then)


def past_card_page(version: ModelVersion, instant: Instant) -> PastCardPage:
    """Read the page. What its text says is of then; which sections a card has is of now."""
    shown = cards_at([version], instant.moment).get(version.pk)
    card = named(shown.card) if shown else None
    return PastCardPage(
        instant=instant,
        shown=shown,
        parts=written_parts(parts_of(card, expected_of(version.model))) if card else (),
        extensions=card.extensions if card else (),
    )


def past_validation_page(version: ModelVersion, instant: Instant) -> PastValidationPage:
    return PastValidationPage(
        instant=instant,
        report=reports_at([version], instant.moment).get(version.pk),
        findings=findings_at(version, instant.moment),
    )
