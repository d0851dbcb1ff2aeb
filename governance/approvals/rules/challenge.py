"""How much people look before they sign, in figures. They are shown, and gate nothing.

What was opened is known, what was read is not: a page that stays open all night counts as long as
one that was studied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import quantiles

from django.db.models import TextChoices

from governance.approvals.rules.judgement import Decision, RequestState

HASTY = timedelta(minutes=2)
"""An approval within this time of the first opening is counted as signed at once."""


class EvidencePage(TextChoices):
    """What somebody can open before they sign. The decision page is where they sign."""

    CARD = "card", "Model card"
    DATA = "data", "Data and lineage"
    DECISION = "decision", "Decision page"
    PACK = "pack", "Evidence pack"
    VALIDATION = "validation", "Validation report"
    VERSION = "version", "Version page"


EVIDENCE = frozenset(EvidencePage) - {EvidencePage.DECISION}
"""The pages beside the decision page."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """One signature. `first_opened_at` is None if nobody noted when its signer came to read."""

    tier: int | None
    role: str
    person: str
    decision: Decision
    first_opened_at: datetime | None
    signed_at: datetime
    evidence: frozenset[str]
    has_comment: bool = False
    conditions: int = 0

    @property
    def took(self) -> timedelta | None:
        return self.signed_at - self.first_opened_at if self.first_opened_at else None

    @property
    def is_hasty(self) -> bool:
        return self.took is not None and self.took <= HASTY

    @property
    def is_noted_approval(self) -> bool:
        return self.decision == Decision.APPROVE and self.first_opened_at is not None


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One request that people decided on, with what was said on it until then."""

    tier: int | None
    outcome: RequestState
    opened_at: datetime
    decided_at: datetime
    comments: int = 0
    overrides: int = 0


@dataclass(frozen=True, kw_only=True)
class Validated:
    """One signed report; `findings` counts what it opened, by severity."""

    tier: int | None
    findings: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of all; of nothing it is no share."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        return self.part / self.whole * 100 if self.whole else None


@dataclass(frozen=True, kw_only=True)
class Spread:
    """Median and quartiles of so many times."""

    lower: timedelta
    median: timedelta
    upper: timedelta
    count: int


@dataclass(frozen=True, kw_only=True)
class Signing:
    """What the signatures of a tier, of a role or of a person show.

    `hasty` and `unread` are shares of the approvals of which the first opening is known; `unread`
    are those whose signer opened nothing beside the decision page.
    """

    count: int
    refusing: Share
    took: Spread | None
    hasty: Share
    unread: Share
    commented: Share
    conditions: int
    unnoted: int


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """What the decided requests of a tier show; `per_decision` are comments."""

    count: int
    refused: Share
    took: Spread | None
    comments: int
    per_decision: float | None
    overrides: int


@dataclass(frozen=True, kw_only=True)
class Validating:
    """What the reports of a tier found, by severity."""

    reports: int
    findings: Mapping[str, int]
    per_report: float | None


def spread(times: Iterable[timedelta]) -> Spread | None:
    """Return median and quartiles (linear between the nearest, both ends included), or None."""
    found = sorted(times)
    if not found:
        return None
    seconds = [one.total_seconds() for one in found]
    cuts = quantiles(seconds, n=4, method="inclusive") if len(seconds) > 1 else seconds * 3
    lower, median, upper = (timedelta(seconds=cut) for cut in cuts)
    return Spread(lower=lower, median=median, upper=upper, count=len(found))


def signing(rows: Sequence[Signed]) -> Signing:
    noted = [row for row in rows if row.is_noted_approval]
    return Signing(
        count=len(rows),
        refusing=_share(row.decision != Decision.APPROVE for row in rows),
        took=spread(one.took for one in rows if one.took is not None),
        hasty=_share(row.is_hasty for row in noted),
        unread=_share(not row.evidence & EVIDENCE for row in noted),
        commented=_share(row.has_comment for row in rows),
        conditions=sum(row.conditions for row in rows),
        unnoted=sum(1 for row in rows if row.first_opened_at is None),
    )


def deciding(rows: Sequence[Decided]) -> Deciding:
    comments = sum(row.comments for row in rows)
    return Deciding(
        count=len(rows),
        refused=_share(row.outcome != RequestState.DONE for row in rows),
        took=spread(row.decided_at - row.opened_at for row in rows),
        comments=comments,
        per_decision=_mean(comments, len(rows)),
        overrides=sum(row.overrides for row in rows),
    )


def validating(rows: Sequence[Validated]) -> Validating:
    findings: dict[str, int] = {}
    for row in rows:
        for severity, count in row.findings.items():
            findings[severity] = findings.get(severity, 0) + count
    return Validating(
        reports=len(rows),
        findings=findings,
        per_report=_mean(sum(findings.values()), len(rows)),
    )


def _share(holds: Iterable[bool]) -> Share:
    found = list(holds)
    return Share(part=sum(found), whole=len(found))


def _mean(total: int, count: int) -> float | None:
    return total / count if count else None
