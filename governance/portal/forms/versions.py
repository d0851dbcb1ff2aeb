"""Labeling a version, and saying that it is to be used no more."""

from __future__ import annotations

from django import forms

from governance.portal.forms.base import SiteForm


class LabelForm(SiteForm, forms.Form):
    unchanged = "The label is as it was."

    label = forms.CharField(
        required=False,
        label="Label",
        help_text="A semantic version such as 2.1.0 or 2.1.0-rc.1. Empty takes the label away.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class DeprecationForm(SiteForm, forms.Form):
    unchanged = "The version is not deprecated."

    from_date = forms.DateField(
        label="Not to be used from",
        help_text="From the start of that day, UTC. Nothing stops by itself.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say from which day on it is to be used no more."},
    )
    reason = forms.CharField(
        label="Why, and what to use instead",
        help_text="Everybody who reads this version reads it too.",
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say why, and what to use instead. Consumers read it."},
    )
