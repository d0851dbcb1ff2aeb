"""Proposing a policy, and signing one."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.approvals.rules.judgement import Decision
from governance.portal.forms.base import RowSelect, SiteForm
from governance.portal.forms.decisions import MAX_COMMENT
from governance.portal.forms.proof import ProofForm

DECISIONS = [(Decision.APPROVE.value, "Approve"), (Decision.REJECT.value, "Reject")]


class ProposeForm(SiteForm, forms.Form):
    """The text of a policy. What it must say is for the domain to judge."""

    unchanged = "Nothing was proposed."

    text = forms.CharField(
        strip=False,
        label="The policy as YAML",
        help_text="Two people other than you sign it before it takes effect.",
        error_messages={"required": "Enter the policy, beginning with its key: policy: my-policy"},
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )


class RehearseForm(SiteForm, forms.Form):
    """The text of a policy that nobody has to have proposed, and how far back to look."""

    unchanged = "Nothing was rehearsed."

    since = forms.DateField(
        required=False,
        label="Decisions since",
        help_text="A year back where you leave it empty.",
        error_messages={"invalid": "Enter a date such as 2026-11-19."},
        widget=forms.DateInput(attrs={"type": "date", "class": "date"}, format="%Y-%m-%d"),
    )
    text = forms.CharField(
        strip=False,
        label="The policy as YAML",
        help_text="It is read and judged by, and kept nowhere.",
        error_messages={"required": "Enter the policy, beginning with its key: policy: my-policy"},
        widget=forms.Textarea(attrs={"rows": 24, "class": "mono", "spellcheck": "false"}),
    )


class StartForm(forms.Form):
    """Which version a proposal begins with: `?from=`, a word that Python keeps for itself."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.UUIDField(required=False)


class SignPolicyForm(ProofForm):
    decision = forms.ChoiceField(
        choices=DECISIONS, widget=RowSelect, label="Decision", initial=Decision.APPROVE
    )
    comment = forms.CharField(
        required=False,
        max_length=MAX_COMMENT,
        label="Comment",
        help_text="Needed when you reject it. Kept on record, word for word.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("decision", "comment", "password")
