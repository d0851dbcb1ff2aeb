"""Keeping a view of a list."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms

from governance.accounts.models import Unit
from governance.inventory.rules.views import MAX_VIEW_NAME
from governance.portal.forms.base import SiteForm


class ViewForm(SiteForm, forms.Form):
    unchanged = "The view was not saved."

    name = forms.CharField(max_length=MAX_VIEW_NAME, strip=True)
    unit = forms.TypedChoiceField(
        required=False,
        label="Share with",
        help_text="Everybody who holds a role there or beneath finds it among their views. Each "
        "sees only what they may see.",
    )

    def offer(self, units: Iterable[Unit]) -> ViewForm:
        """Set whom there is to share with."""
        self.units = {str(unit.pk): unit for unit in units}
        field = self.fields["unit"]
        assert isinstance(field, forms.TypedChoiceField)
        choices = [(key, f"{unit.name} ({unit.path})") for key, unit in self.units.items()]
        field.choices = [("", "Nobody: it is mine alone"), *choices]
        field.coerce = self.units.get
        field.empty_value = None
        return self
