"""Writing the draft of a card. Each save appends one entry to the model's stream."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.cards.formats.form import form_problems
from governance.cards.formats.pictures import media_type_of
from governance.cards.models import CardAttachment, CardDraft, CardEditor, UnsavedText
from governance.cards.queries.drafts import WHOLE, Draft, draft_of
from governance.cards.rules.editing import DraftChanged, Edit, Texts, draft_parts
from governance.cards.rules.further import changed_further
from governance.cards.rules.model_card import ModelCard
from governance.core.canonical import digest, sha256_hex
from governance.core.errors import InvalidInput
from governance.core.models import Record
from governance.core.typed import tidy
from governance.inventory.actions.keeping import require_in_use
from governance.registry.models import ModelVersion
from governance.registry.queries import locked_version

NO_BYTES: Mapping[str, bytes] = {}
NO_FACTS: Mapping[str, Any] = {}


def save_draft(
    *,
    version: ModelVersion,
    sections: Mapping[str, str],
    base: int | None,
    actor: Actor,
    at: datetime,
) -> CardDraft:
    """Set the texts of the given sections; the others stay. Otherwise like `write_draft`."""
    edit = Texts(sections={key: tidy(text) for key, text in sections.items()})
    return write_draft(version=version, edit=edit, base=base, actor=actor, at=at)


@transaction.atomic
def write_draft(
    *,
    version: ModelVersion,
    edit: Edit,
    base: int | None,
    actor: Actor,
    at: datetime,
    attachments: Mapping[str, bytes] = NO_BYTES,
    facts: Mapping[str, Any] = NO_FACTS,
) -> CardDraft:
    """Make a change to the draft of the version's card. Appends card.drafted.

    `base` is the `edit_count` that the writer saw, 0 for a draft never saved; None overwrites
    whatever stands there. The first save takes over the model's last published card. Saving what
    stands there already appends nothing. `attachments` are the bytes, by SHA-256, of what the
    change names and nobody has sent before; `facts` go into the entry beside its own.

    Raises DraftChanged when somebody saved a part that the change touches in between, InvalidInput
    naming each wrong section and row, ModelRetired, NotAPerson, PermissionMissing. Then nothing is
    saved.
    """
    version = locked_version(version)
    require(actor, Permission.CARD_WRITE, unit=version.model.unit, at=at)
    require_in_use(version.model)
    person = person_of(actor)
    seen = draft_of(version)
    check_base(seen, base, edit.touches)
    if problems := list(edit.problems(seen.card)):
        raise InvalidInput(*problems)
    card = edit.on(seen.card, by=person.ref)
    if problems := form_problems(card.body()):
        raise InvalidInput(*problems)
    changed = _changed(seen.card, card)
    UnsavedText.objects.filter(
        version=version, user=person, section__in=edit.touches or ()
    ).delete()
    if seen.saved and not changed:
        return seen.saved
    # A table may change while the text of its section stays, so the section counts as changed too.
    touched = [*changed, *(WHOLE if edit.touches is None else edit.touches)]
    draft = _saved(seen, card, touched, person, at=at)
    new = _new_attachments(attachments)
    audit.append(
        verb=Verb.CARD_DRAFTED,
        stream=version.model.stream,
        subject=draft.ref,
        actor=actor.ref,
        at=at,
        facts={
            **facts,
            "version": version.ref,
            "edit": draft.edit_count,
            "changed": changed,
            "digest": digest({"sections": draft.sections, "parts": draft.parts}),
        },
        records=[draft, *_remember_editor(version, person, at=at), *new],
    )
    return draft


def _saved(
    seen: Draft, card: ModelCard, touched: Iterable[str], person: User, *, at: datetime
) -> CardDraft:
    draft = seen.saved or CardDraft(version=seen.version)
    draft.sections, draft.parts = dict(card.sections), draft_parts(card)
    draft.edit_count += 1
    draft.edits = {**draft.edits, **dict.fromkeys(touched, draft.edit_count)}
    draft.edited_by, draft.edited_at = person, at
    draft.save()
    return draft


def person_of(actor: Actor) -> User:
    """Return who answers for what the actor writes. Raises NotAPerson."""
    if actor.person is None:
        raise NotAPerson("A card is written by a person, who answers for it.")
    return actor.person


def check_base(draft: Draft, base: int | None, touches: frozenset[str] | None = None) -> None:
    """Raise DraftChanged if what the change touches, or anything, was saved after `base`."""
    if base is None or base >= draft.last_edit_of(touches):
        return
    who = draft.saved.edited_by.name if draft.saved else "Nobody"
    raise DraftChanged(
        f"{who} saved this card after you opened it. Compare the two texts, then save again.",
        subject=draft.version.ref,
        stream=draft.version.model.stream,
        seen=base,
        stands=draft.base,
    )


def _changed(before: ModelCard, after: ModelCard) -> list[str]:
    """Return the keys of the sections whose texts differ, and the names of the parts that do."""
    keys = {*before.sections, *after.sections}
    texts = {k for k in keys if before.sections.get(k, "") != after.sections.get(k, "")}
    old, new = before.body(), after.body()
    parts = {k for k in {*old, *new} - {"sections"} if old.get(k) != new.get(k)}
    return sorted(texts | parts | changed_further(before, after))


def _new_attachments(files: Mapping[str, bytes]) -> Iterable[CardAttachment]:
    """Insert what nobody has sent yet; of two who send the same at once, one finds it there."""
    known = set(CardAttachment.objects.filter(digest__in=files).values_list("digest", flat=True))
    found = [
        CardAttachment.objects.get_or_create(
            digest=sha256_hex(data), defaults={"media_type": media_type_of(data), "data": data}
        )
        for name, data in sorted(files.items())
        if name not in known
    ]
    return [row for row, is_new in found if is_new]


def _remember_editor(version: ModelVersion, person: User, *, at: datetime) -> list[Record]:
    editor, is_new = CardEditor.objects.get_or_create(
        version=version, user=person, defaults={"since": at}
    )
    return [editor] if is_new else []
