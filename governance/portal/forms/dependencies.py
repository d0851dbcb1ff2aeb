"""Saying what feeds a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from governance.inventory.models import Model, ModelQuerySet
from governance.portal.forms.base import SiteForm

if TYPE_CHECKING:
    # Django's own class cannot be subscripted when the program runs.
    ModelChoice = forms.ModelChoiceField[Model]
else:
    ModelChoice = forms.ModelChoiceField

OFFERED = 200
"""How many names a browser is given to choose from; any other can be typed."""


class NamedModelField(ModelChoice):
    """A model by its name, among those that the reader may see."""

    def __init__(self, **kwargs: Any) -> None:
        unknown = {"invalid_choice": "You see no model of this name."}
        kwargs["error_messages"] = unknown | kwargs.get("error_messages", {})
        typed = forms.TextInput(attrs={"list": "models", "autocomplete": "off"})
        super().__init__(Model.objects.none(), to_field_name="name", widget=typed, **kwargs)

    def to_python(self, value: Any) -> Model | None:
        text = str(value or "").strip()
        if "\x00" in text:
            raise forms.ValidationError(self.error_messages["invalid_choice"])
        return super().to_python(text)


class ModelOffering(SiteForm):
    """A form that names another model: `offer` says which, before anything is read of it."""

    def offer(self, models: ModelQuerySet) -> None:
        for field in self.fields.values():
            if isinstance(field, NamedModelField):
                field.queryset = models.select_related("unit", "owner")
        self.names = list(models.order_by("name").values_list("name", flat=True)[:OFFERED])


class FeederForm(ModelOffering, forms.Form):
    unchanged = "Nothing was added."

    feeder = NamedModelField(
        label="Model that feeds it",
        help_text="Its name in the inventory; a spreadsheet or a vendor’s model is one too.",
        error_messages={"required": "Name the model that feeds it."},
    )
    flows = forms.CharField(
        label="What flows",
        help_text="Such as: the score of each applicant, once a night.",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say what flows from one model to the other."},
    )
    since_date = forms.DateField(
        label="Since",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say since when.", "invalid": "Enter a date: 2026-11-19."},
    )
