"""Slots: making one, its alias, who gets which role in it; and the facets of what is live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django import forms

from governance.portal.forms.base import SiteForm
from governance.registry.models import ModelVersion
from governance.registry.rules import SlotRole

Choices = Sequence[tuple[str, str]]


class LiveFilter(SiteForm, forms.Form):
    """`model` and `slot` are names; `on` shows what served at the end of that day."""

    unchanged = "This filter can’t be used."

    model = forms.ChoiceField(required=False)
    slot = forms.ChoiceField(required=False)
    on = forms.DateField(
        required=False,
        label="As of the end of",
        error_messages={"invalid": "Enter a date such as 2026-11-19."},
        widget=forms.DateInput(attrs={"type": "date", "class": "date"}, format="%Y-%m-%d"),
    )

    def offer(self, *, models: Sequence[str], slots: Sequence[str], today: date) -> None:
        """Set what there is to choose from: what this reader may see, and no day to come."""
        for name, empty, values in (("model", "All models", models), ("slot", "All slots", slots)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", empty), *((value, value) for value in values)]
        self.today = today

    def clean_on(self) -> date | None:
        on: date | None = self.cleaned_data["on"]
        if on is not None and on > self.today:
            raise forms.ValidationError("Enter a date that is not in the future.")
        return on


class SlotForm(SiteForm, forms.Form):
    unchanged = "No slot was created."

    name = forms.CharField(
        max_length=80,
        help_text="Such as eu-retail/primary: small letters, digits and dashes. Never changes.",
    )
    alias = forms.CharField(
        required=False,
        max_length=255,
        help_text="MLflow’s clients load the slot’s champion by it: models:/name@alias. Left "
        "empty, it is the name with dashes.",
    )


class AliasForm(SiteForm, forms.Form):
    unchanged = "The alias is unchanged."

    alias = forms.CharField(
        required=False,
        max_length=255,
        help_text="It follows the slot’s champion. Empty for none.",
    )


class RoleForm(SiteForm, forms.Form):
    unchanged = "Nothing was assigned and nothing was asked for."

    version = forms.TypedChoiceField(coerce=int)
    role = forms.ChoiceField(
        choices=SlotRole.choices,
        widget=forms.RadioSelect,
        help_text="Champion and canary answer live traffic: asking for them opens a request. "
        "Challenger and shadow answer nobody and start at once.",
    )
    share = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=99,
        label="Share of a canary",
        help_text="Percent of the slot’s live traffic, 1 to 99.",
        widget=forms.NumberInput(attrs={"class": "short"}),
    )

    def offer(self, versions: Sequence[ModelVersion]) -> RoleForm:
        field = self.fields["version"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (row.number, f"Version {row.number}, {row.get_stage_display().lower()}")
            for row in versions
        ]
        return self

    def clean(self) -> None:
        role, share = self.cleaned_data.get("role"), self.cleaned_data.get("share")
        if "share" in self.errors or not role:
            return
        if role == SlotRole.CANARY and share is None:
            self.add_error("share", "Say how many percent a canary is to get.")
        if role != SlotRole.CANARY and share is not None:
            self.add_error("share", "Only a canary has a share. Leave it empty.")


class ShareForm(SiteForm, forms.Form):
    unchanged = "The share is unchanged."

    version = forms.IntegerField(min_value=1)
    share = forms.IntegerField(min_value=1, max_value=99)


class EndForm(SiteForm, forms.Form):
    unchanged = "Nothing was ended."

    version = forms.IntegerField(min_value=1)
