"""Asking for a waiver, deciding on it, ending it."""

from __future__ import annotations

from django import forms

from governance.inventory.rules.reviews import MAX_WORDS
from governance.inventory.rules.waivers import WaiverKind
from governance.portal.forms.base import RowSelect, SiteForm
from governance.portal.forms.proof import ProofForm

APPROVE, REFUSE = "APPROVE", "REFUSE"


class WaiverForm(SiteForm, forms.Form):
    """How long it may last is for the domain to judge."""

    unchanged = "Nothing was asked for."

    kind = forms.ChoiceField(
        choices=[("", "Choose a kind"), *WaiverKind.choices],
        label="Kind",
        error_messages={"required": "Choose what kind of waiver it is."},
    )
    waived = forms.CharField(
        max_length=MAX_WORDS,
        label="What is let off",
        error_messages={"required": "Say what is let off."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(
        max_length=MAX_WORDS,
        label="Why it must be",
        error_messages={"required": "Say why it must be let off."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    control = forms.CharField(
        max_length=MAX_WORDS,
        label="Compensating control",
        help_text="What keeps the risk down meanwhile.",
        error_messages={"required": "Say what keeps the risk down meanwhile."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    starts_date = forms.DateField(
        label="From",
        error_messages={"required": "Say from when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    expires_date = forms.DateField(
        label="Through",
        help_text="Its last day. After it, what was let off counts again.",
        error_messages={"required": "Say until when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class DecideForm(ProofForm):
    """Approve or refuse, with a proof. A refusal needs its reason."""

    unchanged = "Nothing was decided."

    decision = forms.ChoiceField(
        choices=[(APPROVE, "Approve"), (REFUSE, "Refuse")],
        widget=RowSelect,
        label="Your decision",
        error_messages={"required": "Choose what you decide."},
    )
    comment = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        label="Comment",
        help_text="Needed for a refusal. Kept on record, word for word.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ("decision", "comment", "password")


class EndForm(SiteForm, forms.Form):
    """The reason for ending a waiver before its day."""

    unchanged = "Nothing was ended."
    prefix = "end"

    reason = forms.CharField(
        max_length=MAX_WORDS,
        label="Why it ends now",
        error_messages={"required": "Say why it ends."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )
