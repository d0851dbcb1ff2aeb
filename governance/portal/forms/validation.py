"""Recording a validation with its findings, raising and closing findings, and signing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from governance.portal.forms.base import CardSelect, RowSelect, SiteForm
from governance.portal.forms.proof import ProofForm
from governance.validation.rules import (
    MAX_TITLE,
    FindingDraft,
    Opinion,
    Severity,
    ValidationRecord,
)

FINDING_FIELDS = ("severity", "title", "description", "remediation", "owner", "due_date")
MAX_FINDINGS = 100
_POSTED = re.compile(r"findings\.(\d{1,3})\.(\w+)")

Owners = Sequence[tuple[str, str]]


class NeededText(forms.CharField):
    """A draft may leave it empty, a signed report may not: it is not called optional."""

    needed = True


class NeededChoice(forms.ChoiceField):
    needed = True


def finding_fields(owners: Owners) -> dict[str, forms.Field]:
    """The fields of one finding. What it must say is for the domain to judge."""
    return {
        "severity": forms.ChoiceField(
            choices=Severity.choices,
            widget=RowSelect,
            label="Severity",
            error_messages={"required": "Choose how severe the finding is."},
        ),
        "title": forms.CharField(
            label="In one line",
            max_length=MAX_TITLE,
            error_messages={"required": "Name the finding in one line."},
        ),
        "description": forms.CharField(
            required=False, label="What we found", widget=forms.Textarea(attrs={"rows": 3})
        ),
        "remediation": forms.CharField(
            required=False, label="What must happen", widget=forms.Textarea(attrs={"rows": 3})
        ),
        "owner": forms.ChoiceField(
            required=False, label="Who deals with it", choices=[("", "Nobody yet"), *owners]
        ),
        "due_date": forms.DateField(
            label="Due",
            widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            error_messages={"required": "Say by when it must be dealt with."},
        ),
    }


def finding_of(data: Mapping[str, Any], prefix: str = "") -> FindingDraft:
    return FindingDraft(**{name: data[prefix + name] for name in FINDING_FIELDS})


class ValidationForm(SiteForm, forms.Form):
    """The whole record on one page. Findings are fields such as `findings.0.title`, so that each
    refusal of the domain finds its place. `base` is the save that the page was filled from.
    """

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    opinion = NeededChoice(
        choices=Opinion.choices, required=False, widget=CardSelect, label="Opinion"
    )
    scope = NeededText(
        required=False,
        label="What was examined",
        help_text="Methods, data and periods, and what was left out. Markdown works.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    summary = NeededText(
        required=False,
        label="What the opinion rests on",
        help_text="The results that decided it, good and bad. Markdown works.",
        widget=forms.Textarea(attrs={"rows": 6}),
    )

    def __init__(self, *args: Any, owners: Owners, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.count = count
        for index in range(count):
            for name, field in finding_fields(owners).items():
                label = str(field.label)
                field.label = f"Finding {index + 1}, {label[:1].lower()}{label[1:]}"
                self.fields[f"findings.{index}.{name}"] = field

    @property
    def rows(self) -> Iterator[tuple[int, dict[str, BoundField]]]:
        """Each finding: its place from 0, and its fields by name."""
        for index in range(self.count):
            yield index, {name: self[f"findings.{index}.{name}"] for name in FINDING_FIELDS}

    @property
    def record(self) -> ValidationRecord:
        data = self.cleaned_data
        findings = tuple(finding_of(data, f"findings.{index}.") for index in range(self.count))
        return ValidationRecord(
            scope=data["scope"], opinion=data["opinion"], summary=data["summary"], findings=findings
        )


def posted_rows(data: Mapping[str, Any], *, without: str = "") -> dict[str, Any]:
    """Return what was posted with its findings numbered from 0 again.

    Findings in which nothing was typed are left out, and so is the one at the place `without`.
    """
    rows: dict[int, dict[str, Any]] = {}
    for key, value in data.items():
        if (match := _POSTED.fullmatch(key)) and match[2] in FINDING_FIELDS:
            rows.setdefault(int(match[1]), {})[match[2]] = value
    rows = {place: row for place, row in rows.items() if any(row.values())}
    kept = [row for place, row in sorted(rows.items()) if str(place) != without]
    plain = {key: value for key, value in data.items() if not _POSTED.fullmatch(key)}
    return plain | {
        f"findings.{index}.{name}": value
        for index, row in enumerate(kept[:MAX_FINDINGS])
        for name, value in row.items()
    }


def rows_in(data: Mapping[str, Any]) -> int:
    """How many findings the data holds, numbered from 0."""
    return len({match[1] for key in data if (match := _POSTED.fullmatch(key))})


def initial_of(record: ValidationRecord, base: int) -> dict[str, Any]:
    """The values of the form for what is saved."""
    values: dict[str, Any] = {
        "base": base,
        "opinion": record.opinion,
        "scope": record.scope,
        "summary": record.summary,
    }
    for index, finding in enumerate(record.findings):
        for name in FINDING_FIELDS:
            values[f"findings.{index}.{name}"] = getattr(finding, name)
    return values


class FindingForm(SiteForm, forms.Form):
    """One finding, raised on its own."""

    unchanged = "No finding was raised."

    def __init__(self, *args: Any, owners: Owners, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(finding_fields(owners))

    @property
    def finding(self) -> FindingDraft:
        return finding_of(self.cleaned_data)


class CloseForm(SiteForm, forms.Form):
    unchanged = "The finding is still open."

    reason = forms.CharField(
        label="What was done",
        help_text="Say what changed and where the evidence is. It stays with the finding.",
        error_messages={"required": "Say what was done, and where the evidence is."},
        widget=forms.Textarea(attrs={"rows": 5}),
    )


class SignForm(ProofForm):
    """The last step: `digest` is of the text on the screen."""

    digest = forms.CharField(widget=forms.HiddenInput)
