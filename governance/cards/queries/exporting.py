"""Reads of cards to be taken elsewhere: with people's names, and the bytes of all they name."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from governance.cards.formats import FORMATS, Loss, Rule, Writing, write_card
from governance.cards.formats.accounting import LONGEST
from governance.cards.formats.countersign import COUNTERSIGN
from governance.cards.models import CardRevision
from governance.cards.queries.attachments import with_attachments
from governance.cards.queries.drafts import draft_of
from governance.cards.queries.names import named
from governance.cards.queries.revisions import card_revisions
from governance.cards.rules.model_card import ModelCard
from governance.cards.rules.revisions import CardNotFound
from governance.core.canonical import sha256_hex
from governance.registry.models import ModelVersion


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """A card on its way out: a revision, or the draft where `revision` is None.

    `at` is when it was published, or the draft saved; empty for a draft never saved.
    """

    version: ModelVersion
    card: ModelCard
    revision: CardRevision | None
    at: str = ""

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its text: a revision's own, of a draft that of what it says now."""
        return self.revision.digest if self.revision else sha256_hex(self.card.text().encode())

    def write(self, name: str, *, carry: bool = True) -> Writing:
        """Return it as a file of that format, with the account of what the format cannot hold.

        Without `carry` it is plain: nothing is put into an extension field, and what the
        registration says of the version stays here, so that a file that was imported comes back
        with only the differences changed. Raises InvalidInput for an unknown format.
        """
        if carry or name == COUNTERSIGN.name:
            return write_card(self.card, name, carry=carry, at=self.at)
        writing = write_card(replace(self.card, lineage={}), name, carry=False, at=self.at)
        return replace(writing, losses=(*writing.losses, *_left_here(self.card)))

    def filename(self, writing: Writing) -> str:
        """Return a name for that file: model, version, revision or draft."""
        what = f"r{self.revision.number}" if self.revision else "draft"
        return f"{self.version.model.name}-v{self.version.number}-{what}{_syntax(writing)[0]}"


def media_type_of(writing: Writing) -> str:
    return f"{_syntax(writing)[1]}; charset=utf-8"


def _syntax(writing: Writing) -> tuple[str, str]:
    """The ending and the media type; a file that came in another syntax goes out in it."""
    suffix, start = FORMATS[writing.format].suffix, writing.data.removeprefix(BOM_UTF8).lstrip()[:1]
    if not suffix.endswith(".json"):
        return suffix, "text/markdown"
    if start == b"<":
        return suffix.replace(".json", ".xml"), "application/xml"
    if start == b"{":
        return suffix, "application/json"
    return ".pbtxt", "text/plain"


def _left_here(card: ModelCard) -> Iterator[Loss]:
    for key, value in card.lineage.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        says = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        why = "a plain file says nothing of the registration"
        yield Loss(path=f"lineage.{key}", says=says, rule=Rule.DROPPED, why=why)


def _suffix(writing: Writing) -> str:
    """The ending of the format; a file that came in another syntax goes out in it."""
    suffix, start = FORMATS[writing.format].suffix, writing.data.removeprefix(BOM_UTF8).lstrip()[:1]
    if not suffix.endswith(".json") or start == b"{":
        return suffix
    return suffix.replace(".json", ".xml" if start == b"<" else ".pbtxt")


def outgoing_card(
    version: ModelVersion, *, revision: int | None = None, as_draft: bool = False
) -> Outgoing:
    """Return the card to export: the draft, the revision of that number, or the newest that was
    not withdrawn. Raises CardNotFound where there is none.
    """
    if as_draft:
        draft = draft_of(version)
        return _outgoing(version, draft.card, at=draft.saved.edited_at if draft.saved else None)
    rows = card_revisions(version)
    found = next(
        (r for r in rows if r.number == revision or (revision is None and not r.is_withdrawn)),
        None,
    )
    if found is None:
        missing = "No card is published" if revision is None else f"There is no revision {revision}"
        raise CardNotFound(f"{missing} for {version.model.name} version {version.number}.")
    return _outgoing(version, found.card, found, at=found.published_at)


def _outgoing(
    version: ModelVersion,
    card: ModelCard,
    revision: CardRevision | None = None,
    *,
    at: datetime | None,
) -> Outgoing:
    return Outgoing(
        version=version,
        card=with_attachments(named(card)),
        revision=revision,
        at=at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else "",
    )
