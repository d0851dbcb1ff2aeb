"""The facets of the inventory, in the address of the page."""

from __future__ import annotations

from django import forms

from governance.inventory.rules import Kind, Tier
from governance.portal.forms.base import SiteForm
from governance.registry.rules import Stage

DUE = (("", "Any due date"), ("late", "Overdue"), ("month", "Next 30 days"))
ORDERS = {"due": "Next due", "name": "Model", "tier": "Tier"}


class InventoryFilter(SiteForm, forms.Form):
    """Every facet is optional; an unknown value is left out, and the page says so."""

    unchanged = "Some of these filters can’t be used."

    q = forms.CharField(required=False, max_length=200, label="Search models")
    stage = forms.ChoiceField(required=False, choices=[("", "Any stage"), *Stage.choices])
    tier = forms.ChoiceField(
        required=False, choices=[("", "Any tier"), *((str(t.value), f"Tier {t}") for t in Tier)]
    )
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *Kind.choices])
    owner = forms.ChoiceField(required=False)
    due = forms.ChoiceField(required=False, choices=DUE)
    view = forms.ChoiceField(
        required=False,
        choices=[("", ""), ("attention", ""), ("mine", ""), ("retired", "")],
        widget=forms.HiddenInput,
    )

    def offer_owners(self, names: list[tuple[str, str]]) -> None:
        field = self.fields["owner"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Any owner"), *names]

    @property
    def facets(self) -> dict[str, str]:
        """What is asked for and makes sense."""
        self.is_valid()
        return {key: value for key, value in self.cleaned_data.items() if value}
