"""Writing and publishing cards. Each appends one entry to the model's stream, with digests only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.cards.models import CardDraft, CardEditor, CardRevision
from governance.cards.queries import Draft, draft_of, published_card
from governance.cards.rules import (
    Card,
    CardUnchanged,
    DraftChanged,
    gap_problems,
    section_problems,
)
from governance.core.canonical import digest, sha256_hex
from governance.core.errors import InvalidInput
from governance.core.models import Record
from governance.core.typed import tidy
from governance.inventory.actions.keeping import require_in_use
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version


@transaction.atomic
def save_draft(
    *,
    version: ModelVersion,
    sections: Mapping[str, str],
    base: int | None,
    actor: Actor,
    at: datetime,
) -> CardDraft:
    """Set the given sections of the draft; the others stay as they are. Appends card.drafted.

    `base` is the `edit_count` that the writer saw, 0 for a draft never saved; None overwrites
    whatever stands there. The first save takes over the model's last published card. Saving what
    stands there already appends nothing.

    Raises DraftChanged when somebody saved in between, InvalidInput naming each wrong section,
    ModelRetired, NotAPerson, PermissionMissing. Then nothing is saved.
    """
    version = locked_version(version)
    require(actor, Permission.CARD_WRITE, unit=version.model.unit, at=at)
    require_in_use(version.model)
    person = _person(actor)
    seen = draft_of(version)
    _check_base(seen, base)
    typed = {key: tidy(text) for key, text in sections.items()}
    if problems := list(section_problems(typed)):
        raise InvalidInput(*problems)
    before = seen.card.sections
    changed = sorted(key for key, text in typed.items() if before.get(key, "") != text)
    draft = seen.saved or CardDraft(version=version)
    if seen.saved and not changed:
        return draft
    draft.sections = {key: text for key, text in {**before, **typed}.items() if text}
    draft.edit_count += 1
    draft.edited_by, draft.edited_at = person, at
    draft.save()
    audit.append(
        verb=Verb.CARD_DRAFTED,
        stream=version.model.stream,
        subject=draft.ref,
        actor=actor.ref,
        at=at,
        facts={
            "version": version.ref,
            "edit": draft.edit_count,
            "changed": changed,
            "digest": digest(draft.sections),
        },
        records=[draft, *_remember_editor(version, person, at=at)],
    )
    return draft


@transaction.atomic
def publish_card(
    *, version: ModelVersion, actor: Actor, at: datetime, base: int | None = None
) -> CardRevision:
    """Make the draft, with what the registry measured, the version's next revision.

    A draft never saved is the model's last published card, and can be published as it is.
    Appends card.published. `base` is the save that the publisher saw; None publishes what stands
    there. Raises InvalidInput naming each required section without an answer, CardUnchanged,
    DraftChanged, ModelRetired, NotAPerson, PermissionMissing.
    """
    version = locked_version(version)
    require(actor, Permission.CARD_PUBLISH, unit=version.model.unit, at=at)
    require_in_use(version.model)
    person = _person(actor)
    draft = draft_of(version)
    _check_base(draft, base)
    if problems := list(gap_problems(draft.card)):
        raise InvalidInput(*problems)
    revision = _insert_revision(version, draft.card, person, at=at)
    audit.append(
        verb=Verb.CARD_PUBLISHED,
        stream=version.model.stream,
        subject=revision.ref,
        actor=actor.ref,
        at=at,
        facts={"version": version.ref, "number": revision.number, "digest": revision.digest},
        records=[revision],
    )
    return revision


def _insert_revision(
    version: ModelVersion, card: Card, person: User, *, at: datetime
) -> CardRevision:
    text = card.text()
    newest = published_card(version)
    if newest is not None and newest.text == text:
        raise CardUnchanged(
            f"Revision {newest.number} says this already. Change the draft, then publish.",
            subject=version.ref,
            stream=version.model.stream,
            revision=newest.number,
        )
    last = CardRevision.objects.filter(version=version).aggregate(last=Max("number"))["last"] or 0
    return CardRevision.objects.create(
        version=version,
        number=last + 1,
        text=text,
        digest=sha256_hex(text.encode()),
        published_by=person,
        published_at=at,
    )


def _person(actor: Actor) -> User:
    if actor.person is None:
        raise NotAPerson("A card is written by a person, who answers for it.")
    return actor.person


def _check_base(draft: Draft, base: int | None) -> None:
    if base is None or base == draft.base:
        return
    who = draft.saved.edited_by.name if draft.saved else "Nobody"
    raise DraftChanged(
        f"{who} saved this card after you opened it. Compare the two texts, then save again.",
        subject=draft.version.ref,
        stream=draft.version.model.stream,
        seen=base,
        stands=draft.base,
    )


def _remember_editor(version: ModelVersion, person: User, *, at: datetime) -> list[Record]:
    editor, is_new = CardEditor.objects.get_or_create(
        version=version, user=person, defaults={"since": at}
    )
    return [editor] if is_new else []
