"""Proposing a change of what is live, deciding on it, taking it back."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.inventory.rules.model_changes import ChangeKind, Materiality, Rationale
from governance.inventory.rules.reviews import MAX_WORDS
from governance.portal.forms.base import RowSelect, SiteForm
from governance.portal.forms.proof import ProofForm

ACCEPT, DECLINE = "ACCEPT", "DECLINE"


class MaterialityField(forms.ChoiceField):
    """Material or minor. Never called optional: only whoever declines says nothing of it."""

    needed = True

    def __init__(self, **said: Any) -> None:
        super().__init__(
            choices=Materiality.choices,
            widget=RowSelect,
            help_text="A material change asks for a validation, and ends the approvals in force. "
            "Minor ones add up until they ask for one.",
            **said,
        )


class ProposalForm(SiteForm, forms.Form):
    """A change that the record does not show, such as another platform."""

    unchanged = "Nothing was proposed."

    change_kinds = forms.MultipleChoiceField(
        choices=ChangeKind.choices,
        widget=forms.CheckboxSelectMultiple,
        label="What is changed",
        error_messages={"required": "Say what of the model is changed."},
    )
    change_reason = forms.CharField(
        max_length=MAX_WORDS,
        label="What is changed, and why",
        error_messages={"required": "Say what is changed and why."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    materiality = MaterialityField(
        label="How material it is",
        error_messages={"required": "Say whether it is material or minor."},
    )

    def rationale(self) -> Rationale:
        said = self.cleaned_data
        return Rationale(
            kinds=said["change_kinds"],
            materiality=said["materiality"],
            reason=said["change_reason"],
        )


class ChangeDecisionForm(ProofForm):
    """Accept or decline, with a proof. Declining needs its reason, accepting the materiality."""

    unchanged = "Nothing was decided."

    decision = forms.ChoiceField(
        choices=[(ACCEPT, "Accept"), (DECLINE, "Decline")],
        widget=RowSelect,
        label="Your decision",
        error_messages={"required": "Choose what you decide."},
    )
    materiality = MaterialityField(label="How material you find it", required=False)
    comment = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        label="Comment",
        help_text="Needed to decline. Kept on record, word for word.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    digest_seen = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("decision", "materiality", "comment", "password")


class WithdrawChangeForm(SiteForm, forms.Form):
    unchanged = "Nothing was withdrawn."
    prefix = "withdraw"

    comment = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        label="Why it is withdrawn",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
