"""What the firm's own fields ask of a model, and what its record answers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from governance.core.grouping import by_key
from governance.inventory.models import CustomField, CustomValue, Model
from governance.inventory.rules.custom_fields import shown


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A field of the firm's and what a record says in it; an empty value is no answer yet."""

    field: CustomField
    value: str

    @property
    def shown(self) -> str:
        return shown(self.value, value_type=self.field.value_type)


def custom_values(model: Model) -> dict[str, str]:
    """Return what the record says in fields of the firm's, by key, also in retired ones."""
    rows = CustomValue.objects.filter(model=model).exclude(value="")
    return dict(rows.values_list("field__key", "value"))


def answers_of(model: Model) -> list[Answer]:
    """Return every field that is asked of the model or answered for it, in the form's order."""
    values = custom_values(model)
    fields = CustomField.objects.order_by("position", "label")
    return [
        Answer(field=field, value=values.get(field.key, ""))
        for field in fields
        if field.key in values or (field.retired_at is None and field.applies_to(model))
    ]


def unanswered(models: Collection[Model]) -> dict[UUID, Sequence[CustomField]]:
    """Return by model the required fields that its record leaves empty, in two queries at most."""
    asked = list(CustomField.objects.in_use().filter(required=True))
    if not asked:
        return {model.pk: () for model in models}
    rows = CustomValue.objects.filter(model__in=models, field__in=asked).exclude(value="")
    given = by_key(rows, lambda row: row.model_id)
    answered = {key: {row.field_id for row in found} for key, found in given.items()}
    return {
        model.pk: [
            field
            for field in asked
            if field.applies_to(model) and field.pk not in answered.get(model.pk, ())
        ]
        for model in models
    }
