"""Recording a review."""

from __future__ import annotations

from django import forms

from governance.inventory.rules.reviews import MAX_WORDS, ReviewOutcome
from governance.portal.forms.base import RowSelect, SiteForm


class OfRecord(SiteForm):
    """Mixin for a form beside a record: `digest` is of the one on the page."""

    def now_shows(self, digest: str) -> None:
        """After a refusal the page shows the record of now, which is what is sent again."""
        if self.is_bound:
            self.data = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
            self.data["digest"] = digest  # type: ignore[index]


class ReviewForm(OfRecord, forms.Form):
    """`digest` is of the record on the page; how far off the next date may be is for the domain."""

    unchanged = "Nothing was recorded."

    outcome = forms.ChoiceField(
        choices=ReviewOutcome.choices,
        widget=RowSelect,
        label="What it came to",
        error_messages={"required": "Choose what the review came to."},
    )
    words = forms.CharField(
        max_length=MAX_WORDS,
        label="What you looked at and found",
        help_text="Kept on record, word for word.",
        error_messages={"required": "Say what you looked at and found."},
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    next_review_date = forms.DateField(
        label="Next review by",
        help_text="Earlier than the interval of the tier if you see reason to, never later.",
        error_messages={
            "required": "Say by when it is reviewed again.",
            "invalid": "Enter a date.",
        },
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)
