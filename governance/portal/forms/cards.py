"""Writing a model card, one section at a time: its text, and the tables that belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from governance.cards.formats.guards import MAX_BYTES
from governance.cards.formats.pictures import media_type_of
from governance.cards.rules.editing import (
    DataRow,
    Edit,
    NumberRow,
    SectionEdit,
    ends_of,
    key_of,
    measured,
)
from governance.cards.rules.further import FurtherEdit
from governance.cards.rules.model_card import Dataset, Figure, Metric, Quantity
from governance.core.canonical import sha256_hex
from governance.core.typed import tidy
from governance.core.wording import size as octets
from governance.portal import links
from governance.portal.forms.base import SiteForm
from governance.portal.pages.card_editor import EditPage

MOST_ROWS = 500
BLANK_ROWS = 2
PICTURES = ".png,.jpg,.jpeg,.gif,.webp,.svg,.bmp,.pdf"


def _line(label: str, **attrs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs=attrs)
    return forms.CharField(label=label, required=False, widget=widget)


class MetricRow(forms.Form):
    name = _line("Measure")
    slice = _line("Group")
    value = _line("Value", inputmode="decimal")
    lower = _line("Lower end", inputmode="decimal")
    upper = _line("Upper end", inputmode="decimal")
    note = _line("Comment")


class AmountRow(forms.Form):
    name = _line("What")
    value = _line("Value", inputmode="decimal")
    unit = _line("Unit")
    note = _line("Comment")


class DatasetRow(forms.Form):
    name = _line("Data set")
    origin = _line("Origin")
    recency = _line("How recent")
    filters = _line("Filters")
    thin_groups = _line("Thin groups")
    rows = _line("Rows", inputmode="numeric")


def _rows(row: type[forms.Form]) -> type[forms.BaseFormSet[Any]]:
    return forms.formset_factory(row, extra=BLANK_ROWS, max_num=MOST_ROWS)


MetricRows, AmountRows, DatasetRows = _rows(MetricRow), _rows(AmountRow), _rows(DatasetRow)


class SectionForm(SiteForm, forms.Form):
    """One section. `base` is the save that the page was filled from, `was` its text then."""

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    was = forms.CharField(widget=forms.HiddenInput, required=False, strip=False)
    figure = forms.FileField(
        label="Add a figure",
        help_text=f"A picture or a PDF, at most {octets(MAX_BYTES)}.",
        required=False,
        widget=forms.ClearableFileInput(attrs={"accept": PICTURES}),
    )
    figure_description = forms.CharField(
        label="What it shows",
        help_text="One sentence for those who can’t see it.",
        required=False,
        max_length=2_000,
    )

    def __init__(self, *args: Any, page: EditPage, text: str | None = None, **kwargs: Any) -> None:
        kwargs["initial"] = {page.part.section.key: page.part.text if text is None else text}
        super().__init__(*args, **kwargs)
        self.page = page
        self.section = page.part.section
        # Named like the section, so that a refusal of the domain finds its field.
        self.fields[self.section.key] = forms.CharField(
            label=self.section.ask,
            help_text="Headings, lists, tables and links in Markdown.",
            required=False,
            strip=False,
            widget=forms.Textarea(attrs={"rows": 12, "class": "long", **_keeping(page)}),
        )
        data = args[0] if args else None
        self.tables = dict(_tables(page, data))

    @property
    def values(self) -> list[Metric]:
        """The measured values, which take a comment each."""
        return list(measured(self.page.card)) if self.section.measured else []

    def clean_figure(self) -> UploadedFile[bytes] | None:
        sent: UploadedFile[bytes] | None = self.cleaned_data["figure"]
        if sent is None:
            return None
        if (sent.size or 0) > MAX_BYTES:
            raise forms.ValidationError(
                f"{sent.name} has {octets(sent.size or 0)}; send at most {octets(MAX_BYTES)}."
            )
        if not media_type_of(sent.read()):
            raise forms.ValidationError(
                f"{sent.name} is no PNG, JPEG, GIF, WebP, BMP, SVG or PDF file."
            )
        return sent

    def is_valid(self) -> bool:
        tables = [table.is_valid() for table in self.tables.values()]
        return super().is_valid() and all(tables)

    def edit(self, request: HttpRequest) -> tuple[Edit, Mapping[str, bytes]]:
        """Return the change, and the bytes of what it adds. The form must be valid."""
        if self.page.is_further:
            text = tidy(self.cleaned_data[self.section.key])
            return FurtherEdit(section=self.section, text=text), {}
        figures, files = self._figures(request)
        tables = {key: _typed(table) for key, table in self.tables.items()}
        number_rows = {
            key: tuple(NumberRow(**row) for row in tables[key])
            for key in ("metrics", "quantities")
            if key in tables
        }
        data = tuple(DataRow(**row) for row in tables["datasets"]) if "datasets" in tables else None
        notes = {
            key_of(one): tidy(request.POST.get(f"note:{key_of(one)}", one.note))
            for one in self.values
        }
        edit = SectionEdit(
            key=self.section.key,
            text=tidy(self.cleaned_data[self.section.key]),
            metrics=number_rows.get("metrics"),
            quantities=number_rows.get("quantities"),
            datasets=data,
            figures=figures,
            notes=notes or None,
        )
        return edit, files

    def _figures(self, request: HttpRequest) -> tuple[tuple[Figure, ...], Mapping[str, bytes]]:
        key = self.section.key
        removed = set(request.POST.getlist("remove_figure"))
        kept = tuple(
            replace(
                one, description=tidy(request.POST.get(f"figure:{one.digest}", one.description))
            )
            for one in self.page.part.figures
            if one.digest not in removed
        )
        sent: UploadedFile[bytes] | None = self.cleaned_data["figure"]
        if sent is None:
            return kept, {}
        sent.seek(0)
        data = sent.read()
        digest = sha256_hex(data)
        added = Figure(
            digest=digest,
            media_type=media_type_of(data),
            name=(sent.name or "")[:200],
            description=tidy(self.cleaned_data["figure_description"]),
            section=key,
        )
        others = tuple(one for one in kept if one.digest != digest)
        return (*others, added), {digest: data}


def _keeping(page: EditPage) -> dict[str, str]:
    """What makes the page keep a text for its writer whenever they pause."""
    if page.rights.no_writing:
        return {}
    return {
        "hx-post": f"{links.card(page.version)}keep/?section={page.part.section.key}",
        "hx-trigger": "input changed delay:1500ms",
        "hx-include": "closest form",
        "hx-target": "#kept",
    }


def _tables(
    page: EditPage, data: Mapping[str, Any] | None
) -> Iterable[tuple[str, forms.BaseFormSet[Any]]]:
    if page.part.section.measured:
        yield (
            "metrics",
            MetricRows(data, prefix="metrics", initial=[_metric_row(one) for one in page.claims]),
        )
    if page.takes_amounts:
        yield (
            "quantities",
            AmountRows(
                data, prefix="quantities", initial=[_amount_row(one) for one in page.amounts]
            ),
        )
    if page.takes_data:
        yield (
            "datasets",
            DatasetRows(data, prefix="datasets", initial=[_data_row(one) for one in page.datasets]),
        )


def _typed(table: forms.BaseFormSet[Any]) -> list[dict[str, str]]:
    """Return the rows that are not blank; a row is taken away by emptying it."""
    rows = [{key: tidy(text) for key, text in row.cleaned_data.items()} for row in table.forms]
    return [row for row in rows if any(row.values())]


def _metric_row(one: Metric) -> dict[str, str]:
    lower, upper = ends_of(one)
    return {
        "name": one.type or one.name,
        "slice": one.slice,
        "value": one.value.written,
        "lower": lower,
        "upper": upper,
        "note": one.note,
    }


def _amount_row(one: Quantity) -> dict[str, str]:
    return {"name": one.name, "value": one.value.written, "unit": one.unit, "note": one.note}


def _data_row(one: Dataset) -> dict[str, str]:
    return {
        "name": one.name or one.id,
        "origin": one.origin,
        "recency": one.recency,
        "filters": one.filters,
        "thin_groups": one.thin_groups,
        "rows": one.rows.written if one.rows else "",
    }


class PublishForm(SiteForm, forms.Form):
    """The button under a draft; `base` is the save that the reader saw."""

    unchanged = "Nothing was published."

    base = forms.IntegerField(widget=forms.HiddenInput, min_value=0)


class WithdrawForm(SiteForm, forms.Form):
    """Why a published card is not to be relied upon any more."""

    unchanged = "Nothing was withdrawn."

    reason = forms.CharField(
        label="Why is it withdrawn?",
        help_text="It stays readable with this reason; the revision before it counts again.",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )


class SectionCommentForm(SiteForm, forms.Form):
    """What somebody says of one section."""

    unchanged = "No comment was written."

    comment = forms.CharField(
        label="Your comment",
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )
