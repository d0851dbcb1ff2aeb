"""The facets of the inventory, in the address of the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from governance.inventory.rules import AiActClass, Kind, Tier
from governance.portal.forms.base import SiteForm
from governance.registry.rules import Stage

Choices = Sequence[tuple[str, str]]
Facets = Mapping[str, Sequence[str]]
"""What narrows the list: the values of each facet, any of which will do."""

DUE = (("", "Any due date"), ("late", "Overdue"), ("month", "Next 30 days"))
RECORD = (("DRAFT", "Draft"), ("COMPLETE", "Complete"))
ORDERS = tuple(f"{sign}{key}" for key in ("due", "name", "tier") for sign in ("", "-"))
DEFAULT_ORDER = "due"
VIEWS = ("attention", "mine", "retired")
MANY = ("stage", "tier", "ai_act_class", "kind", "unit", "owner", "record")
"""The facets that take several values."""


def _many(label: str, choices: Choices = ()) -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        required=False,
        label=label,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "“%(value)s” is none of these, so it was left out."},
    )


def _hidden(values: Sequence[str], message: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        required=False,
        choices=[("", ""), *((value, value) for value in values)],
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": message},
    )


class InventoryFilter(SiteForm, forms.Form):
    """Every facet is optional; an unknown value is left out, and the page says so."""

    unchanged = "Some of these filters can’t be used."

    q = forms.CharField(required=False, max_length=200, label="Search models")
    stage = _many("Stage", Stage.choices)
    tier = _many("Tier", [(str(tier.value), f"Tier {tier}") for tier in Tier])
    ai_act_class = _many("AI Act", AiActClass.choices)
    kind = _many("Kind", Kind.choices)
    unit = _many("Unit")
    owner = _many("Owner")
    record = _many("Record", RECORD)
    due = forms.ChoiceField(required=False, choices=DUE, label="Due")
    view = _hidden(VIEWS, "“%(value)s” is no view of the inventory, so all models are shown.")
    order = _hidden(ORDERS, "“%(value)s” is no order of this list, so it goes by what is due.")

    def offer(self, *, owners: Choices, units: Choices) -> None:
        """Set what this reader may choose from."""
        for name, choices in (("owner", owners), ("unit", units)):
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = choices

    def choices_of(self, name: str) -> Choices:
        """The values of a facet with their labels."""
        return [(str(value), str(label)) for value, label in self[name].field.widget.choices]

    def clean(self) -> dict[str, Any]:
        """Keep those of several values that are known."""
        for name in set(MANY) & self.errors.keys():
            known = dict(self.choices_of(name))
            self.cleaned_data[name] = [one for one in self[name].data or () if one in known]
        return self.cleaned_data

    def leave_out_views(self) -> None:
        """Say that a view cannot be had of the past: it asks what waits for whom now."""
        if self.facets.get("view"):
            self.add_error("view", "This view shows the present only, so it was left out.")

    @property
    def facets(self) -> dict[str, list[str]]:
        """What is asked for and makes sense, without the order."""
        self.is_valid()
        said: Mapping[str, Any] = self.cleaned_data
        found = {key: said[key] for key in said if key != "order" and said[key]}
        return {key: value if key in MANY else [value] for key, value in found.items()}

    @property
    def sorting(self) -> str:
        self.is_valid()
        return self.cleaned_data.get("order") or DEFAULT_ORDER

    @property
    def asks(self) -> dict[str, list[str]]:
        """Facets and order as they stand in an address, always in the same sequence."""
        facets, order = self.facets, self.sorting
        asked = {key: sorted(facets[key]) for key in self.fields if key in facets}
        return asked if order == DEFAULT_ORDER else asked | {"order": [order]}
