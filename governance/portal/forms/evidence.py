"""Choosing what to build an evidence pack of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from governance.evidence.rules.scopes import OFFERED, STREAMS, Chapter, ScopeKind, Wanted
from governance.inventory.rules import Tier
from governance.portal.forms.base import SiteForm

Choices = Sequence[tuple[str, str]]

KINDS: Mapping[str, ScopeKind] = {kind.value.lower(): kind for kind in OFFERED}
"""How the address calls what a pack can be of, in the order in which the page offers it."""

FIELDS: Mapping[ScopeKind, Sequence[str]] = {
    ScopeKind.MODEL: ("model", "frameworks", "chapters"),
    ScopeKind.VERSION: ("model", "number", "frameworks", "chapters"),
    ScopeKind.DECISION: ("model", "number", "frameworks", "chapters"),
    ScopeKind.PORTFOLIO: ("unit", "tier", "since", "until", "frameworks", "chapters"),
    ScopeKind.TRAIL: ("model", "streams", "since", "until"),
}
NUMBERS = {ScopeKind.VERSION: ("Version", ""), ScopeKind.DECISION: ("Decision", "D-")}


class CardBoxes(forms.CheckboxSelectMultiple):
    """Choices that each want a card, two beside each other where there is room."""

    layout = "pairs"


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        required=False,
        label=label,
        help_text=hint,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Enter a day, such as 2026-06-30."},
    )


class PackForm(SiteForm, forms.Form):
    """What a pack is of. `model` is a name; only the fields of the chosen kind are there.

    `chosen` tells an address in which every box was emptied from one that says nothing of boxes.
    """

    unchanged = "No pack was asked for."

    of = forms.CharField(required=False, widget=forms.HiddenInput)
    chosen = forms.CharField(required=False, widget=forms.HiddenInput)
    model = forms.CharField(label="Model")
    number = forms.CharField(label="Number", error_messages={"required": "Enter its number."})
    unit = forms.CharField(label="Unit", required=False)
    tier = forms.TypedChoiceField(
        label="Tier",
        required=False,
        coerce=int,
        empty_value=None,
        choices=[("", "All tiers"), *((str(value), label) for value, label in Tier.choices)],
        error_messages={"invalid_choice": "Choose a tier from the list."},
    )
    streams = forms.MultipleChoiceField(
        label="Or what concerns no model",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, words.capitalize()) for name, words in STREAMS.items()],
    )
    since = _day("From", "The first day, in UTC. Empty means from the beginning.")
    until = _day("To", "The last day, in UTC. Empty means up to now.")
    frameworks = forms.MultipleChoiceField(label="Frameworks", required=False, widget=CardBoxes)
    chapters = forms.MultipleChoiceField(
        label="Contents",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=Chapter.choices,
        help_text="What is left out of the pages stands in the attached evidence all the same.",
    )

    def __init__(self, kind: ScopeKind, data: MultiValueDict[str, str] | None) -> None:
        super().__init__(data)
        self.kind = kind
        for name in set(self.fields) - {"of", "chosen", *FIELDS[kind]}:
            del self.fields[name]
        if kind in NUMBERS:
            self.fields["number"].label = f"Number of the {NUMBERS[kind][0].lower()}"
        if kind == ScopeKind.TRAIL:
            self.fields["model"].required = False

    def offer(
        self, *, models: Choices, units: Choices, frameworks: Choices, streams: bool
    ) -> PackForm:
        """Set what there is to choose from: what this reader may see. No `models`: too many."""
        if "model" in self.fields and models:
            empty = ("", "No model" if self.kind == ScopeKind.TRAIL else "Choose a model")
            self.fields["model"].widget = forms.Select(choices=[empty, *models])
        if "unit" in self.fields:
            self.fields["unit"].widget = forms.Select(choices=[("", "All units"), *units])
        if "frameworks" in self.fields:
            boxes = self.fields["frameworks"]
            assert isinstance(boxes, forms.MultipleChoiceField)
            boxes.choices = list(frameworks)
        if "streams" in self.fields and not streams:
            del self.fields["streams"]
        return self

    def clean_number(self) -> int:
        """A decision is called D-12, and so it may be typed."""
        typed: str = self.cleaned_data["number"].strip()
        digits = typed.upper().removeprefix(NUMBERS[self.kind][1])
        if not (digits.isascii() and digits.isdigit() and len(digits) < 10):
            raise forms.ValidationError("Enter its number in digits.", "digits")
        return int(digits)

    @property
    def wanted(self) -> Wanted:
        """What was chosen."""
        said: dict[str, Any] = self.cleaned_data
        chapters = tuple(Chapter(value) for value in said.get("chapters", Chapter))
        return Wanted(
            kind=self.kind,
            model=said.get("model", ""),
            number=said.get("number"),
            unit=said.get("unit", ""),
            tier=said.get("tier"),
            streams=tuple(said.get("streams", ())),
            since=said.get("since"),
            until=said.get("until"),
            frameworks=tuple(said.get("frameworks", ())),
            chapters=None if len(chapters) == len(Chapter) else chapters,
        )
