"""Lending one's seat among those who sign."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from governance.accounts.models import User
from governance.portal.forms.base import SiteForm
from governance.portal.forms.decisions import MAX_COMMENT


class DelegationForm(SiteForm, forms.Form):
    """`seats` are the roles that the person holds, each in the unit where they hold it."""

    unchanged = "Nothing was lent."

    seat = forms.ChoiceField(
        label="Which seat", error_messages={"required": "Choose what you lend."}
    )
    deputy = forms.ChoiceField(
        label="To whom", error_messages={"required": "Choose who stands in for you."}
    )
    starts = forms.DateField(
        label="From",
        help_text="From midnight UTC; today means at once.",
        error_messages={"required": "Say from when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    ends = forms.DateField(
        label="To the end of",
        error_messages={"required": "Say until when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    reason = forms.CharField(
        max_length=MAX_COMMENT,
        label="Why",
        help_text="Kept on record, word for word.",
        error_messages={"required": "Say why, such as: on leave."},
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self,
        *args: Any,
        seats: Sequence[tuple[str, str]],
        people: Sequence[User],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        cast("forms.ChoiceField", self.fields["seat"]).choices = list(seats)
        cast("forms.ChoiceField", self.fields["deputy"]).choices = [
            ("", "Choose a person"),
            *((str(person.pk), person.name) for person in people),
        ]
