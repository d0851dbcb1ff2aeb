"""Deciding: what is chosen on the decision page, and what signing it asks for."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.accounts.rules import Role
from governance.approvals.rules.judgement import Decision
from governance.portal.forms.base import SiteForm
from governance.portal.forms.proof import ProofForm
from governance.registry.rules import Stage

MAX_COMMENT = 4000
CONDITIONS = "CONDITIONS"
"""What the form says for an approval with conditions, which is an approval to the domain."""
WORDS = {
    Decision.APPROVE: "Comment",
    Decision.RETURN: "Why you return it",
    Decision.REJECT: "Why you reject it",
}


class ChoiceForm(forms.Form):
    """What the decision page sends to the sign step. A form without a role leaves it open."""

    decision = forms.ChoiceField(choices=[*Decision.choices, (CONDITIONS, CONDITIONS)])
    role = forms.ChoiceField(choices=Role.choices, required=False)
    seen = forms.CharField(required=False, strip=False)
    comment = forms.CharField(required=False)


class AskForm(forms.Form):
    target = forms.ChoiceField(choices=Stage.choices)


class SignForm(ProofForm):
    """The sign step. What is signed travels beside it, in `ChoiceForm`."""

    comment = forms.CharField(
        required=False,
        max_length=MAX_COMMENT,
        help_text="Printed in the evidence, word for word.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ("comment", "password")

    def __init__(
        self, *args: Any, decision: Decision, has_conditions: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["comment"]
        field.label = "Why on conditions" if has_conditions else WORDS[decision]
        field.required = has_conditions or decision != Decision.APPROVE
        field.error_messages["required"] = "Say why. It is printed in the evidence."


class WithdrawForm(SiteForm, forms.Form):
    unchanged = "The request still stands."

    reason = forms.CharField(
        max_length=MAX_COMMENT,
        label="Why you take it back",
        help_text="Kept on record, word for word.",
        error_messages={"required": "Say why you take the request back."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class EmergencyForm(SiteForm, forms.Form):
    unchanged = "Nothing was asked for."

    reason = forms.CharField(
        max_length=MAX_COMMENT,
        label="What the emergency is",
        help_text="Kept on record, and printed wherever this version is.",
        error_messages={"required": "Say what the emergency is. It is kept on record."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RollBackForm(ProofForm):
    unchanged = "Nothing was rolled back."

    reason = forms.CharField(
        max_length=MAX_COMMENT,
        label="Why the earlier version must return",
        help_text="Printed in the evidence, word for word.",
        error_messages={"required": "Say why the earlier version must return."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    field_order = ("reason", "password")
