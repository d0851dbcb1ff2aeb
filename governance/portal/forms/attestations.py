"""Opening a campaign, and attesting in one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from governance.accounts.models import Unit
from governance.inventory.rules import Tier
from governance.inventory.rules.attestations import MAX_TITLE, AttestationOutcome
from governance.inventory.rules.intervals import LONGEST_MONTHS
from governance.inventory.rules.reviews import MAX_WORDS
from governance.portal.forms.base import CardSelect, SiteForm
from governance.portal.forms.proof import ProofForm
from governance.portal.forms.reviews import OfRecord

STATEMENT = (
    "I own this model. I have read its record, and it is complete and accurate: what the model is "
    "for, how it may be used, who builds it, and how risky it is."
)


class CampaignForm(SiteForm, forms.Form):
    """Which models are asked about follows from unit and tiers, on the day it opens."""

    unchanged = "No campaign was opened."

    title = forms.CharField(
        max_length=MAX_TITLE,
        label="Title",
        help_text="Such as: Inventory attestation, year end 2026.",
        error_messages={"required": "Give the campaign a title."},
    )
    statement = forms.CharField(
        max_length=MAX_WORDS,
        label="What each owner attests to",
        help_text="Word for word. Each attestation keeps it beside the record.",
        initial=STATEMENT,
        error_messages={"required": "Say what each owner attests to."},
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    unit = forms.ChoiceField(label="Unit", help_text="With the units within it.")
    tiers = forms.TypedMultipleChoiceField(
        required=False,
        coerce=int,
        choices=Tier.choices,
        label="Tiers",
        help_text="None chosen means every model of the unit.",
        widget=forms.CheckboxSelectMultiple,
    )
    due_date = forms.DateField(
        label="Due",
        error_messages={"required": "Say by when.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    repeat_months = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=LONGEST_MONTHS,
        label="Repeat after months",
        help_text="Nothing means once.",
    )

    def __init__(self, *args: Any, units: Sequence[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ChoiceField", self.fields["unit"])
        field.choices = [(str(unit.pk), f"{unit.name} ({unit.path})") for unit in units]


class AttestForm(OfRecord, ProofForm):
    """`digest` is of the record on the page."""

    unchanged = "Nothing was attested."

    outcome = forms.ChoiceField(
        choices=AttestationOutcome.choices,
        widget=CardSelect,
        label="The record is",
        error_messages={"required": "Say whether the record is accurate."},
    )
    remarks = forms.CharField(
        required=False,
        max_length=MAX_WORDS,
        label="Remarks",
        help_text="What there is to remark, or what is not accurate. Kept word for word.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    digest = forms.CharField(max_length=64, widget=forms.HiddenInput)

    field_order = ("outcome", "remarks", "password")
