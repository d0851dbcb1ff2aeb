"""Ordering an erasure, and placing and lifting a hold."""

from __future__ import annotations

from django import forms

from governance.accounts.actions import Order
from governance.accounts.rules import MAX_CASE, MAX_ORDER, Authority
from governance.portal.forms.base import SiteForm
from governance.portal.forms.proof import ProofForm

KEPT = "Kept on record, word for word. Name nobody here."


class EraseForm(ProofForm):
    """By what law, in which case, why, and the proof of whoever does it."""

    unchanged = "Nothing was erased."

    authority = forms.ChoiceField(
        choices=[("", "Choose the law"), *Authority.choices],
        label="Authority",
        help_text="What obliges the firm to erase it.",
        error_messages={"required": "Choose by what law it is erased."},
    )
    case = forms.CharField(
        max_length=MAX_CASE,
        label="Case",
        help_text="The number of your file, such as DSR-2026/17. It stays in the ledger for good.",
        error_messages={"required": "Enter the number of your file."},
    )
    reason = forms.CharField(
        max_length=MAX_ORDER,
        label="Why",
        help_text=KEPT,
        error_messages={"required": "Say why. It is kept on record."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ("authority", "case", "reason", "password")

    @property
    def order(self) -> Order:
        said = self.cleaned_data
        return Order(authority=said["authority"], case=said["case"], reason=said["reason"])


class HoldForm(SiteForm, forms.Form):
    """Why nothing may be erased."""

    unchanged = "Nothing was put on hold."
    prefix = "hold"

    reason = forms.CharField(
        max_length=MAX_ORDER,
        label="Why",
        help_text="Such as the number of the lawsuit. Kept on record, word for word.",
        error_messages={"required": "Say why. It is kept on record."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class ModelHoldForm(HoldForm):
    """The same for a model, by its name."""

    model = forms.CharField(
        max_length=255,
        label="Model",
        error_messages={"required": "Enter the name of the model."},
    )

    field_order = ("model", "reason")


class LiftForm(HoldForm):
    unchanged = "The hold stands."
    prefix = "lift"
