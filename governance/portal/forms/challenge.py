"""The period of the page on challenge, in its address."""

from __future__ import annotations

from django import forms

from governance.portal.forms.base import SiteForm


class PeriodForm(SiteForm, forms.Form):
    unchanged = "This period can’t be used."

    since = forms.DateField(
        required=False,
        label="Since",
        error_messages={"invalid": "Enter a date such as 2026-11-19."},
        widget=forms.DateInput(attrs={"type": "date", "class": "date"}, format="%Y-%m-%d"),
    )
