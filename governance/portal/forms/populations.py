"""Asking for a population, and for a sample of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django import forms

from governance.accounts.models import Unit
from governance.evidence.rules.populations.lists import Asked, PopulationKind
from governance.evidence.rules.populations.sampling import MAX_SEED, Draw, Method
from governance.portal.forms.base import SiteForm

Choices = Sequence[tuple[str, str]]
LABELS = {
    "ai_act_class": "EU AI Act class",
    "change": "What changed",
    "move": "Move",
    "opinion": "Opinion",
    "role": "Role",
    "severity": "Severity",
    "tier": "Tier",
    "what": "What is let off",
}
"""What the facets are called; every other column is called by its own name."""


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        error_messages={"required": "Enter a date.", "invalid": "Enter a date."},
        widget=forms.DateInput(attrs={"type": "date"}),
    )


class PopulationForm(SiteForm, forms.Form):
    """What is to be listed. The fields behind `framework` are the facets of the kind."""

    unchanged = "Nothing was extracted."

    unit = forms.ChoiceField(
        label="Unit",
        help_text="With all units below it.",
        error_messages={"invalid_choice": "Choose a unit from the list."},
    )
    since_date = _day("From", "The first day, in UTC.")
    until_date = _day("Through", "The last day, in UTC. It is taken in whole.")
    model = forms.CharField(
        required=False, max_length=255, label="Model", help_text="One model alone, by its name."
    )
    framework = forms.ChoiceField(
        required=False, label="Framework", help_text="Models that it applies to."
    )

    def offer(
        self,
        kind: PopulationKind,
        *,
        units: Sequence[Unit],
        frameworks: Choices,
        facets: Mapping[str, Choices],
        of_models: bool,
    ) -> PopulationForm:
        """Set what there is to choose from."""
        self.kind, self.facets, self.units = kind, list(facets), {u.path: u for u in units}
        self._choose("unit", [(unit.path, f"{unit.name} ({unit.path})") for unit in units])
        if of_models:
            self._choose("framework", [("", "Any"), *frameworks])
        else:
            del self.fields["model"], self.fields["framework"]
        for name, choices in facets.items():
            self.fields[name] = forms.ChoiceField(
                required=False, label=label_of(name), choices=[("", "Any"), *choices]
            )
        return self

    def _choose(self, name: str, choices: Choices) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @property
    def chosen_unit(self) -> Unit:
        return self.units[self.cleaned_data["unit"]]

    @property
    def asked(self) -> Asked:
        said = self.cleaned_data
        return Asked(
            kind=self.kind,
            since_date=said["since_date"],
            until_date=said["until_date"],
            model=said.get("model", ""),
            framework=said.get("framework", ""),
            facets={name: said[name] for name in self.facets if said[name]},
        )


class DrawForm(SiteForm, forms.Form):
    """A sample: how, how many, and by which seed."""

    unchanged = "Nothing was drawn."

    method = forms.ChoiceField(label="Method", choices=Method.choices)
    size = forms.IntegerField(
        label="Size",
        help_text="Of the whole sample; of each stratum where so many of each are drawn.",
        error_messages={"required": "Enter how many.", "invalid": "Enter a whole number."},
    )
    stratum = forms.ChoiceField(
        required=False, label="Strata by", help_text="What a stratified sample is divided by."
    )
    seed = forms.CharField(
        label="Seed",
        max_length=MAX_SEED,
        help_text="Name it yourself, before you look at the list: letters, digits and . _ : / -",
        error_messages={"required": "Enter a seed."},
    )

    def offer(self, strata: Sequence[str]) -> DrawForm:
        field = self.fields["stratum"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "None"), *((name, label_of(name)) for name in strata)]
        return self

    @property
    def draw(self) -> Draw:
        said = self.cleaned_data
        return Draw(
            method=Method(said["method"]),
            seed=said["seed"],
            size=said["size"],
            stratum=said["stratum"],
        )


def label_of(column: str) -> str:
    return LABELS.get(column) or column.replace("_", " ").capitalize()
