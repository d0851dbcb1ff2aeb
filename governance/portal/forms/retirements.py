"""Taking a model out of use, and bringing it back."""

from __future__ import annotations

from django import forms

from governance.portal.forms.base import SiteForm
from governance.portal.forms.dependencies import ModelOffering, NamedModelField


class RetirementForm(ModelOffering, forms.Form):
    unchanged = "The model is still in use."

    reason = forms.CharField(
        label="Why",
        help_text="Everybody who reads the record reads it too.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why. It is kept on record."},
    )
    replacement = NamedModelField(
        label="What takes its place",
        help_text="The name of a model in the inventory, if one does.",
        required=False,
    )
    retention_end_date = forms.DateField(
        label="Record kept until",
        help_text="At least as long as the firm keeps records. Nothing is deleted afterwards.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={
            "required": "Say until when its record is kept.",
            "invalid": "Enter a date: 2026-11-19.",
        },
    )


class ReturnForm(SiteForm, forms.Form):
    unchanged = "The model is still retired."

    reason = forms.CharField(
        label="Why it comes back",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why. It is kept on record."},
    )
