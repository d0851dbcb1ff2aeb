"""The firm's own fields: defined and changed by administrators; what stands in them, by owners."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction

from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.models import insert_unique
from governance.inventory.models import CustomField, CustomValue, Model
from governance.inventory.queries import custom_values
from governance.inventory.rules import applies
from governance.inventory.rules.custom_fields import (
    FieldDefinition,
    WrongValue,
    canonical_value,
    definition_problems,
    form_name,
    key_problems,
)

STREAM = "firm"


@transaction.atomic
def define_field(
    *, key: str, definition: FieldDefinition, actor: Actor, at: datetime
) -> CustomField:
    """Have records answer one more question. Appends field.defined.

    A required one is a gap of every model that it is for: no version of it moves before it is
    answered. Raises InvalidInput (rule `unique` when the key is taken), PermissionMissing.
    """
    require(actor, Permission.FIELD_DEFINE, unit=root_unit(), at=at)
    if problems := [*key_problems(key), *definition_problems(definition)]:
        raise InvalidInput(*problems)
    row = CustomField(key=key, created_by=actor.ref, created_at=at)
    _set(row, definition, at=at)
    insert_unique(row, taken=invalid("key", "unique", f"A field has the key {key} already."))
    _append(Verb.FIELD_DEFINED, row, actor=actor, at=at)
    return row


@transaction.atomic
def change_field(
    *, field: CustomField, definition: FieldDefinition, actor: Actor, at: datetime
) -> CustomField:
    """Say something else of a field; key and type stay. Appends field.changed, unless it is so.

    What records say in it stays as it was, also where it is asked no more. Raises InvalidInput
    (rule `fixed` for another type), PermissionMissing.
    """
    row = CustomField.objects.select_for_update().get(pk=field.pk)
    require(actor, Permission.FIELD_DEFINE, unit=root_unit(), at=at)
    problems = list(definition_problems(definition))
    if definition.value_type != row.value_type:
        message = "The type of a field stays: what records say in it was read as that."
        problems.append(Problem(field="value_type", rule="fixed", message=message))
    if problems:
        raise InvalidInput(*problems)
    before = _said(row)
    _set(row, definition, at=at)
    if _said(row) == before:
        return row
    row.save()
    _append(Verb.FIELD_CHANGED, row, actor=actor, at=at)
    return row


def _set(row: CustomField, said: FieldDefinition, *, at: datetime) -> None:
    row.label, row.hint, row.value_type = said.label.strip(), said.hint.strip(), said.value_type
    row.choices, row.origins, row.tiers = list(said.choices), list(said.origins), list(said.tiers)
    row.required, row.position = said.required, said.position
    row.retired_at = (row.retired_at or at) if said.is_retired else None


def _said(row: CustomField) -> tuple[object, ...]:
    return (
        row.label, row.hint, row.choices, row.origins, row.tiers, row.required, row.position,
        row.retired_at,
    )  # fmt: skip


def _append(verb: Verb, row: CustomField, *, actor: Actor, at: datetime) -> None:
    audit.append(
        verb=verb,
        stream=STREAM,
        subject=row.ref,
        actor=actor.ref,
        at=at,
        facts={
            "key": row.key,
            "type": row.value_type,
            "required": row.required,
            "retired": row.retired_at is not None,
        },
        records=[row],
    )


def custom_problems(
    model: Model, said: Mapping[str, str], *, origin: str, tier: int | None
) -> Iterator[Problem]:
    """Check what a record is to say in fields of the firm's. What stands there already is let be.

    `origin` and `tier` are those that the model is to have.
    """
    fields, values = _fields(said), custom_values(model) if said else {}
    for key, text in said.items():
        if text.strip() == values.get(key, ""):
            continue
        if problem := _problem(key, text, fields.get(key), origin=origin, tier=tier):
            yield problem


def _problem(
    key: str, text: str, field: CustomField | None, *, origin: str, tier: int | None
) -> Problem | None:
    def problem(rule: str, message: str) -> Problem:
        return Problem(field=form_name(key), rule=rule, message=message)

    if field is None:
        return problem("unknown", "The firm has no such field.")
    if not text.strip():
        return None
    if field.retired_at is not None:
        return problem("retired", f"{field.label} is asked no more.")
    if not applies(field.origins, field.tiers, origin=origin, tier=tier):
        return problem("applies", f"{field.label} is not asked of a model of this origin and tier.")
    try:
        canonical_value(text, value_type=field.value_type, choices=field.choices)
    except WrongValue as wrong:
        return problem(wrong.rule, wrong.message)
    return None


def changed_values(model: Model, said: Mapping[str, str]) -> list[CustomValue]:
    """Return the rows that say something else now, of what was checked; the caller saves them."""
    if not said:
        return []
    rows = {row.field_id: row for row in CustomValue.objects.filter(model=model)}
    changed = []
    for key, field in _fields(said).items():
        row = rows.get(field.pk) or CustomValue(model=model, field=field)
        text = said[key].strip()
        if text == row.value:
            continue
        row.value = canonical_value(text, value_type=field.value_type, choices=field.choices)
        changed.append(row)
    return changed


def values_said(said: Mapping[str, str]) -> dict[str, str]:
    """Return by key the texts as they would be kept; what its field does not take, as typed."""
    fields, found = _fields(said), {}
    for key, text in said.items():
        try:
            field = fields[key]
            found[key] = canonical_value(text, value_type=field.value_type, choices=field.choices)
        except (KeyError, WrongValue):
            found[key] = text.strip()
    return found


def _fields(said: Mapping[str, str]) -> dict[str, CustomField]:
    if not said:
        return {}
    return {field.key: field for field in CustomField.objects.filter(key__in=said)}
