"""Writing a model card, one section at a time."""

from __future__ import annotations

from typing import Any

from django import forms

from governance.cards.rules import Section
from governance.portal.forms.base import SiteForm


class SectionForm(SiteForm, forms.Form):
    """One section. `base` is the save that the page was filled from."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, section: Section, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section = section
        # Named like the section, so that a refusal of the domain finds its field.
        self.fields[section.key] = forms.CharField(
            label=section.ask,
            help_text="Headings, lists, tables and links in Markdown.",
            required=False,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 12, "class": "long"}),
        )

    @property
    def typed(self) -> dict[str, str]:
        return {self.section.key: self.cleaned_data[self.section.key]}


class PublishForm(SiteForm, forms.Form):
    """The button under a draft; `base` is the save that the reader saw."""

    unchanged = "Nothing was published."

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
