"""Answering a questionnaire, confirming what came of it, and another tier than that."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.core.typed import is_plain, tidy
from governance.inventory.rules import Tier
from governance.inventory.rules.assessments import MAX_EVIDENCE
from governance.portal.forms.base import CardSelect, SiteForm
from governance.portal.forms.proof import ProofForm

MAX_PROSE = 4000


class AnswerForm(SiteForm, forms.Form):
    """One answer. What can be answered is for the question to say."""

    unchanged = "Nothing was kept."

    answer = forms.CharField(
        required=False, max_length=100, label="Your answer", error_messages={"required": ""}
    )
    evidence = forms.CharField(
        required=False,
        max_length=MAX_EVIDENCE,
        label="What this answer rests on",
        help_text="If you like: a sentence, or the address of a document. Kept beside the answer.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_evidence(self) -> str:
        said = str(self.cleaned_data["evidence"])
        if not is_plain(tidy(said)):
            raise forms.ValidationError("Take the control characters out of it.")
        return said


class ConfirmForm(SiteForm, forms.Form):
    """What the assessment rests on besides its answers."""

    unchanged = "Nothing was recorded."

    evidence = forms.CharField(
        required=False,
        max_length=MAX_PROSE,
        label="What the answers rest on",
        help_text="Documents, figures, people. Kept beside the answers, word for word.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DeterminationForm(SiteForm, forms.Form):
    """Why it is or is not a model, and when that is looked at again."""

    unchanged = "Nothing was recorded."

    reasons = forms.CharField(
        max_length=MAX_PROSE,
        label="Reasons",
        help_text="What it does, and on which theory it rests. Kept on record, word for word.",
        error_messages={"required": "Say what this rests on."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    next_review_date = forms.DateField(
        label="Next review",
        help_text="By this day somebody decides again.",
        error_messages={
            "required": "Say when it is looked at again.",
            "invalid": "Enter a date such as 2026-11-19.",
        },
        widget=forms.DateInput(attrs={"type": "date", "class": "date"}, format="%Y-%m-%d"),
    )


class TierOverrideForm(SiteForm, forms.Form):
    """Another tier than the one that was worked out."""

    unchanged = "Nothing was proposed."

    to_tier = forms.TypedChoiceField(
        coerce=int,
        choices=Tier.choices,
        widget=CardSelect,
        label="Tier",
        error_messages={"required": "Choose the tier that the model should have."},
    )
    rationale = forms.CharField(
        max_length=MAX_PROSE,
        label="Rationale",
        help_text="Kept on record, word for word, and read by those who approve it.",
        error_messages={"required": "Say why the model should have this tier."},
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    days = forms.IntegerField(
        required=False,
        min_value=1,
        label="Days",
        help_text="From today. Without a number it has no end, where the questionnaire allows it.",
    )

    def __init__(self, *args: Any, tiers: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["to_tier"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = tiers


class ApproveOverrideForm(ProofForm):
    """Approving another tier, as one of those whom the questionnaire names.

    Who may sit there is for the domain to say, so that whoever may not is told by which rule.
    """

    unchanged = "Nothing was approved."

    capacity = forms.CharField(
        max_length=60,
        widget=CardSelect,
        label="You approve as",
        error_messages={"required": "Say as whom you approve it."},
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("capacity", "password")

    def __init__(self, *args: Any, capacities: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["capacity"]
        assert isinstance(field.widget, CardSelect)
        field.widget.choices = capacities
        if len(capacities) == 1:
            field.initial = capacities[0][0]
