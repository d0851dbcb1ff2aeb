"""The facets of the audit log, in the address of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from governance.audit.asked import problems_of
from governance.audit.rules import Source
from governance.portal.forms.base import SiteForm
from governance.portal.pages.event_kinds import KINDS

Choices = Sequence[tuple[str, str]]

KIND_CHOICES: Choices = [(key, label) for key, (label, _) in KINDS.items()]
SOURCE_CHOICES: Choices = [(source.value, source.label) for source in Source]
NO_MODEL = "There is no model of this name that you may see."
NO_KIND = "There is no such kind. Choose one of the list."


def _text(label: str, hint: str = "") -> forms.CharField:
    return forms.CharField(required=False, label=label, help_text=hint)


class AuditFilter(SiteForm, forms.Form):
    """Every facet is optional, they narrow each other, and none that is wrong is guessed at.

    `model` is a name, `actor` and `subject` are references; `until` takes a whole day in.
    """

    unchanged = "This filter can’t be used."

    model = _text("Model")
    kind = _text("Kind")
    actor = _text("Person or service")
    since = _text("From")
    until = _text("State as of")
    verb = _text("Verb", "Such as card.published, or card.* for all of them.")
    source = _text("Came in through")
    subject = _text("Subject", "A reference, such as version:… or request:….")
    request = _text("Request", "All entries of one act share it.")
    stream = _text("Stream", "firm, accounts, evidence, ledger or model:….")
    entry = _text("Entry", "Its identifier or its whole hash.")

    MORE = ("verb", "source", "subject", "request", "stream", "entry")
    """What stands in the menu, beside the few that are asked for daily."""

    def offer(self, *, models: Choices, actors: Choices) -> AuditFilter:
        """Set what there is to choose from: what this reader may see."""
        self.choices: dict[str, Choices] = {
            "model": models,
            "kind": KIND_CHOICES,
            "actor": actors,
            "source": SOURCE_CHOICES,
        }
        return self

    def options(self, name: str, empty: str) -> Choices:
        """The choices of a facet. A value that is none of them stays visible as it was given."""
        offered, value = self.choices[name], self[name].value() or ""
        unknown = [] if not value or value in dict(offered) else [(value, value)]
        return [("", empty), *offered, *unknown]

    def clean(self) -> dict[str, Any]:
        for problem in problems_of(self.cleaned_data):
            self.add_error(problem.field, forms.ValidationError(problem.message, problem.rule))
        kind = self.cleaned_data.get("kind")
        if kind and kind not in KINDS:
            self.add_error("kind", forms.ValidationError(NO_KIND, "choice"))
        return self.cleaned_data

    @property
    def asks(self) -> dict[str, str]:
        """What is in force, as it stands in an address, always in the same sequence."""
        self.is_valid()
        return {name: value for name in self.fields if (value := self.cleaned_data.get(name))}

    @property
    def has_more(self) -> bool:
        """Whether something in the menu is wrong, so that it has to stand open."""
        return any(name in self.errors for name in self.MORE)
