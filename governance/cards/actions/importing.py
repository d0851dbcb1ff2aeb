"""Taking a card file of any format into a draft. Publishing what came of it stays with people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.cards.actions.drafts import write_draft
from governance.cards.formats import Reading, read_card
from governance.cards.models import CardDraft
from governance.cards.queries.attachments import digests_in
from governance.cards.queries.drafts import draft_of
from governance.cards.rules.importing import Taking, Untaken
from governance.inventory.actions.keeping import require_in_use
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of a file: the draft as it stands, the parts taken, the numbers that were not.

    `is_new` is false where the draft said all of it before, and nothing was saved.
    """

    draft: CardDraft
    taken: tuple[str, ...]
    untaken: tuple[Untaken, ...]
    is_new: bool


def read_upload(
    *,
    version: ModelVersion,
    data: bytes,
    actor: Actor,
    at: datetime,
    filename: str = "",
    name: str = "",
) -> Reading:
    """Read a file for the card of a version, and save nothing.

    The format is guessed unless named. Raises InvalidInput naming line and field, ModelRetired,
    PermissionMissing.
    """
    require(actor, Permission.CARD_WRITE, unit=version.model.unit, at=at)
    require_in_use(version.model)
    return read_card(data, filename=filename, name=name)


@transaction.atomic
def import_card(
    *,
    version: ModelVersion,
    reading: Reading,
    base: int | None,
    actor: Actor,
    at: datetime,
    parts: Collection[str] | None = None,
) -> Imported:
    """Take parts of the card that was read, or all of them, into the draft. Appends card.drafted.

    The entry has the format and the digest of the file; the bytes are kept where the format starts
    its exports from them. A file whose parts stand in the draft as they are changes nothing and
    appends nothing, whatever `base` says. Otherwise `base` is as in `write_draft`.

    Raises what `write_draft` raises. Then nothing is saved.
    """
    version = locked_version(version)
    taking = Taking(
        card=reading.card,
        format=reading.format,
        digest=reading.origin.digest,
        parts=None if parts is None else frozenset(parts),
    )
    before = draft_of(version)
    after = taking.on(before.card, by="")
    named = digests_in(after)
    is_new = before.saved is None or after != before.card
    draft = write_draft(
        version=version,
        edit=taking,
        base=base if is_new else None,
        actor=actor,
        at=at,
        attachments={key: one for key, one in reading.card.attachments.items() if key in named},
        facts={"format": reading.format, "file": reading.origin.digest},
    )
    return Imported(
        draft=draft,
        taken=taking.chosen,
        untaken=tuple(taking.untaken(before.card)),
        is_new=is_new,
    )
