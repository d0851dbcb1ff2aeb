"""An inventory record as lines to read: whatever `edit_model` may change, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist

from governance.accounts.models import User
from governance.core.wording import day, sentence
from governance.inventory.models import Model
from governance.inventory.queries import field_label, record_values
from governance.inventory.rules import DATES

NOTHING = "Not said"


def record_lines(model: Model) -> list[tuple[str, str]]:
    """Return label and value of every field of the record, in two queries."""
    values = record_values(model)
    keys = [value for value in values.values() if isinstance(value, UUID)]
    names = names_of([*keys, *map(UUID, values["developers"])])
    own = [("name", model.name), ("unit", f"{model.unit.name} ({model.unit.path})")]
    return [
        *((sentence(label), text) for label, text in own),
        *(
            (field_label(field), value_in_words(field, value, names))
            for field, value in values.items()
        ),
    ]


def names_of(keys: Collection[UUID]) -> dict[str, str]:
    """Return by key what the people are called whom a record names."""
    return {str(row.pk): row.name for row in User.objects.filter(pk__in=keys).only("name")}


def value_in_words(field: str, value: Any, names: Mapping[str, str]) -> str:
    """What the value reads as, as it is kept or as JSON has it: a choice by its label, a person by
    name, a date as a day.
    """
    if value in (None, "", [], ()):
        return NOTHING
    if isinstance(value, list | tuple):
        return ", ".join(names.get(str(one), str(one)) for one in value)
    if field.endswith("_id"):
        return names.get(str(value), NOTHING)
    if field in DATES:
        return day(value if isinstance(value, date) else date.fromisoformat(value))
    if field == "jurisdictions":
        return str(value).replace(",", ", ")
    try:
        choices = dict(Model._meta.get_field(field).flatchoices)  # type: ignore[union-attr]
    except FieldDoesNotExist:
        choices = {}
    return str(choices.get(value, value))
