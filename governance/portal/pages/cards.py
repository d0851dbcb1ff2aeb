"""A model card as its readers see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.cards.models import CardComment, CardRevision, CardWithdrawal
from governance.cards.queries import Draft, card_revisions, draft_of
from governance.cards.queries.comments import comments_on, settled_comments
from governance.cards.queries.names import named
from governance.cards.queries.revisions import are_there_others
from governance.cards.rules.model_card import Extension, Kept
from governance.cards.rules.parts import Part, parts_of, written_parts
from governance.cards.rules.revisions import CardNotFound
from governance.cards.rules.sections import Section
from governance.portal import links
from governance.portal.pages.may import frozen, why_not
from governance.registry.models import ModelVersion
from governance.validation.models import Report
from governance.validation.queries import latest_report


@dataclass(frozen=True, kw_only=True)
class Rights:
    """Why the reader may not write, publish or comment; empty where they may."""

    no_writing: str
    no_publishing: str
    no_commenting: str


@dataclass(frozen=True, kw_only=True)
class CardPage:
    """The reading view: a revision, or the draft where there is none or it is asked for.

    `comments` are those not settled, by section, and `settled` the others. `is_comparable`: there
    is another card of the model, of this version or of another one.
    """

    version: ModelVersion
    parts: Sequence[Part]
    shown: CardRevision | None
    revisions: Sequence[CardRevision]
    draft: Draft
    report: Report | None
    rights: Rights
    extensions: Sequence[Extension]
    kept: Sequence[Kept]
    comments: Mapping[str, Sequence[CardComment]]
    settled: Sequence[CardComment]
    is_comparable: bool

    @property
    def newest(self) -> CardRevision | None:
        """The newest that was not withdrawn."""
        return next((one for one in self.revisions if not one.is_withdrawn), None)

    @property
    def withdrawal(self) -> CardWithdrawal | None:
        return self.shown.withdrawal if self.shown and self.shown.is_withdrawn else None

    @property
    def next_number(self) -> int:
        return self.revisions[0].number + 1 if self.revisions else 1

    @property
    def is_draft_newer(self) -> bool:
        """The draft, with what is measured now, says something else than the newest revision."""
        return self.newest is not None and self.draft.card != self.newest.card

    @property
    def gaps(self) -> list[Section]:
        return self.draft.gaps


def card_page(
    version: ModelVersion, *, reader: User, at: datetime, revision: int | None, as_draft: bool
) -> CardPage:
    """Read the page. Raises CardNotFound for a revision that does not exist."""
    revisions, draft = card_revisions(version), draft_of(version)
    shown = None if as_draft else revision_shown(revisions, revision)
    card = named(shown.card if shown else draft.card)
    return CardPage(
        version=version,
        parts=written_parts(parts_of(card, draft.expected)),
        shown=shown,
        revisions=revisions,
        draft=draft,
        report=latest_report(version),
        rights=rights_of(reader, version, at=at),
        extensions=card.extensions,
        kept=card.kept,
        comments=comments_on(version.model),
        settled=settled_comments(version.model),
        is_comparable=len(revisions) > 1 or are_there_others(version),
    )


def revision_shown(revisions: Sequence[CardRevision], number: int | None) -> CardRevision | None:
    """Return the revision of that number, or without one the newest that was not withdrawn."""
    if number is None:
        return next((one for one in revisions if not one.is_withdrawn), None)
    found = next((revision for revision in revisions if revision.number == number), None)
    if found is None:
        raise CardNotFound(f"There is no revision {number} of this card.")
    return found


def rights_of(reader: User, version: ModelVersion, *, at: datetime) -> Rights:
    unit, retired = version.model.unit, frozen(version.model)
    writing, publishing = Permission.CARD_WRITE, Permission.CARD_PUBLISH
    commenting = Permission.COMMENT_WRITE
    return Rights(
        no_writing=retired or why_not(reader, writing, "Writing this card", unit=unit, at=at),
        no_publishing=retired
        or why_not(reader, publishing, "Publishing this card", unit=unit, at=at),
        no_commenting=why_not(reader, commenting, "Commenting", unit=unit, at=at),
    )


def section_address(version: ModelVersion, key: str, **more: str) -> str:
    return f"{links.card_edit(version)}?{urlencode({'section': key, **more})}"
