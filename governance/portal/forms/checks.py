"""Failing and manual checks: what people say of them."""

from __future__ import annotations

from django import forms

from governance.portal.forms.base import RowSelect, SiteForm
from governance.portal.forms.decisions import MAX_COMMENT
from governance.portal.forms.proof import ProofForm


class TickForm(SiteForm, forms.Form):
    """What somebody found in a manual check."""

    holds = forms.TypedChoiceField(
        choices=[("yes", "It holds"), ("no", "It does not hold")],
        coerce=lambda value: value == "yes",
        widget=RowSelect,
        label="What you found",
        error_messages={"required": "Say whether it holds."},
    )
    note = forms.CharField(
        max_length=MAX_COMMENT,
        label="What you looked at",
        help_text="Printed in the evidence, word for word.",
        error_messages={"required": "Say what you looked at, and what you found."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OverrideForm(ProofForm):
    """Why a check may fail for a time. What is too long a time is for the domain to judge."""

    reason = forms.CharField(
        max_length=MAX_COMMENT,
        label="Why the version must go all the same",
        help_text="Printed in the evidence, word for word.",
        error_messages={"required": "Say why the version must go all the same."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    control = forms.CharField(
        max_length=MAX_COMMENT,
        label="Compensating control",
        help_text="What keeps the risk down meanwhile.",
        error_messages={"required": "Say what keeps the risk down meanwhile."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    expires_date = forms.DateField(
        label="Until",
        error_messages={"required": "Say until when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    field_order = ("reason", "control", "expires_date", "password")


class SignOverrideForm(ProofForm):
    """The proof under an override that somebody else proposed."""

    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
