"""Choosing what to build an evidence pack of."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms

from governance.portal.forms.base import SiteForm


class PackForm(SiteForm, forms.Form):
    """`model` is a name, out of those that the reader may see."""

    unchanged = "No pack was asked for."

    model = forms.ChoiceField(
        label="Model",
        error_messages={"invalid_choice": "Choose a model from the list."},
    )

    def offer(self, names: Sequence[str]) -> None:
        field = self.fields["model"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in names]
