"""An inventory record as lines to read: whatever `edit_model` may change, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist

from governance.accounts.models import User
from governance.core.wording import day, sentence
from governance.inventory.models import Model
from governance.inventory.queries import record_values

NOTHING = "Not said"


def record_lines(model: Model) -> list[tuple[str, str]]:
    """Return label and value of every field of the record, in two queries."""
    values = record_values(model)
    names = _names(values)
    own = [("name", model.name), ("unit", f"{model.unit.name} ({model.unit.path})")]
    return [
        *((sentence(label), text) for label, text in own),
        *((_label(field), _text(model, field, value, names)) for field, value in values.items()),
    ]


def _names(values: Mapping[str, Any]) -> dict[str, str]:
    keys = [value for value in values.values() if isinstance(value, UUID)]
    keys += [UUID(key) for key in values.get("developers", ())]
    return {str(row.pk): row.name for row in User.objects.filter(pk__in=keys).only("name")}


def _label(field: str) -> str:
    name = field.removesuffix("_id")
    try:
        label = str(getattr(Model._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        label = name.replace("_", " ")
    return label[:1].upper() + label[1:]


def _text(model: Model, field: str, value: Any, names: Mapping[str, str]) -> str:
    """What the value reads as: a choice by its label, a person by name, a date as a day."""
    said = getattr(model, f"get_{field}_display", None)
    match value:
        case None | "":
            return NOTHING
        case UUID():
            return names.get(str(value), NOTHING)
        case date():
            return day(value)
        case list() | tuple():
            return ", ".join(names.get(str(one), str(one)) for one in value) or NOTHING
    return str(said()) if said else str(value)
