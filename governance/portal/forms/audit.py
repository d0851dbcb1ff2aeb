"""The facets of the audit log, in the address of the page."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from governance.portal.forms.base import SiteForm
from governance.portal.pages.events import KINDS

Choices = Sequence[tuple[str, str]]


class AuditFilter(SiteForm, forms.Form):
    """`model` is a name, `person` a reference; `until` shows the record as of the end of a day.

    `entry` is how links lead to one entry; the form does not offer it.
    """

    unchanged = "This filter can’t be used."

    model = forms.ChoiceField(required=False)
    kind = forms.ChoiceField(
        required=False,
        choices=[("", "All kinds"), *((key, label) for key, (label, _) in KINDS.items())],
    )
    person = forms.ChoiceField(required=False)
    entry = forms.UUIDField(
        required=False, error_messages={"invalid": "There is no such entry. Clear the filters."}
    )
    until = forms.DateField(
        required=False,
        label="State as of",
        error_messages={"invalid": "Enter a date such as 2026-11-19."},
        widget=forms.DateInput(attrs={"type": "date", "class": "date"}, format="%Y-%m-%d"),
    )

    def offer(self, *, models: Choices, people: Choices) -> None:
        """Set what there is to choose from: what this reader may see."""
        for name, empty, choices in (
            ("model", "All models", models),
            ("person", "Anyone", people),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", empty), *choices]
