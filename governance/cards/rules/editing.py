"""Changes of a draft. Each is pure: a card in, a card out; what was measured stays as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from governance.cards.rules.completeness import section_problems
from governance.cards.rules.model_card import (
    Dataset,
    Figure,
    Interval,
    Metric,
    ModelCard,
    Quantity,
    card_of_body,
)
from governance.cards.rules.numbers import Number, Provenance, ProvenanceKind, number
from governance.core.errors import Problem, WrongState

DATA_ROLES = {"training_data": "training", "evaluation_data": "evaluation"}
"""The role of the data sets that a section describes."""
TEXT = 2_000
"""The most characters of a name, a note or a fact of a table."""


class DraftChanged(WrongState):
    """Somebody else saved the same part of the draft since it was opened."""

    code = "draft_changed"


@dataclass(frozen=True, kw_only=True)
class NumberRow:
    """One row of a table as a person filled it: a metric, or another figure with its unit."""

    name: str
    value: str
    slice: str = ""
    unit: str = ""
    lower: str = ""
    upper: str = ""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class DataRow:
    """One data set as a person described it."""

    name: str
    origin: str = ""
    recency: str = ""
    filters: str = ""
    thin_groups: str = ""
    rows: str = ""


class Edit(Protocol):
    """A change. `touches` are the parts it rewrites, None for all of them."""

    @property
    def touches(self) -> frozenset[str] | None: ...

    def on(self, card: ModelCard, *, by: str) -> ModelCard:
        """Return the card changed; `by` refers to the person who typed."""

    def problems(self, card: ModelCard) -> Iterable[Problem]:
        """Say what is wrong with it, for the card that it is made on."""


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Other words in some sections; an empty text empties its section."""

    sections: Mapping[str, str]

    @property
    def touches(self) -> frozenset[str]:
        return frozenset(self.sections)

    def on(self, card: ModelCard, *, by: str) -> ModelCard:
        merged = {**card.sections, **self.sections}
        return replace(card, sections={key: text for key, text in merged.items() if text})

    def problems(self, card: ModelCard) -> Iterable[Problem]:
        return section_problems(self.sections)


@dataclass(frozen=True, kw_only=True)
class SectionEdit:
    """All of one section. What is None stays; `notes` comment measured values, by `key_of`.

    A number that is given as it stands keeps its provenance; another one is typed.
    """

    key: str
    text: str
    metrics: tuple[NumberRow, ...] | None = None
    quantities: tuple[NumberRow, ...] | None = None
    datasets: tuple[DataRow, ...] | None = None
    figures: tuple[Figure, ...] | None = None
    notes: Mapping[str, str] | None = None

    @property
    def touches(self) -> frozenset[str]:
        return frozenset({self.key})

    def on(self, card: ModelCard, *, by: str) -> ModelCard:
        card = Texts(sections={self.key: self.text}).on(card, by=by)
        typed = Provenance(typed_by=by)
        if self.metrics is not None:
            rows = tuple(_metric(row, card.metrics, typed) for row in self.metrics)
            card = replace(card, metrics=(*measured(card), *rows))
        if self.notes is not None:
            notes = self.notes
            noted = tuple(
                replace(one, note=notes.get(key_of(one), one.note)) if is_measured(one) else one
                for one in card.metrics
            )
            card = replace(card, metrics=noted)
        if self.quantities is not None:
            here = tuple(
                _quantity(row, self.key, card.quantities, typed) for row in self.quantities
            )
            others = tuple(one for one in card.quantities if one.section != self.key)
            card = replace(card, quantities=(*others, *here))
        if self.datasets is not None:
            role, before = DATA_ROLES[self.key], datasets_of(card, self.key)
            rows_of = tuple(_dataset(row, role, before, typed) for row in self.datasets)
            rest = tuple(one for one in card.datasets if one not in before)
            card = replace(card, datasets=(*rest, *rows_of))
        if self.figures is not None:
            elsewhere = tuple(one for one in card.figures if one.section != self.key)
            card = replace(card, figures=(*elsewhere, *self.figures))
        return card

    def problems(self, card: ModelCard) -> Iterable[Problem]:
        yield from section_problems({self.key: self.text})
        yield from _row_problems("metrics", self.metrics or ())
        yield from _row_problems("quantities", self.quantities or ())
        yield from _twice("metrics", self.metrics or ())
        yield from _data_problems(self.datasets or ())
        known = {key_of(one) for one in measured(card)}
        for place, row in enumerate(self.metrics or (), start=1):
            if key_of(row) in known:
                message = (
                    f"Row {place}: {row.name}{f' of {row.slice}' if row.slice else ''} is measured "
                    "and cannot be typed. Comment on the measured value instead."
                )
                yield Problem(field="metrics", rule="measured", message=message)


def key_of(one: Metric | NumberRow) -> str:
    """Return what tells a metric of a card apart: its measure and the group that it is of."""
    name = one.name if isinstance(one, NumberRow) else one.type or one.name
    return f"{name.strip().lower()}|{one.slice.strip()}"


def is_measured(metric: Metric) -> bool:
    return metric.value.provenance.kind == ProvenanceKind.MEASURED


def measured(card: ModelCard) -> tuple[Metric, ...]:
    return tuple(one for one in card.metrics if is_measured(one))


def unmeasured(card: ModelCard) -> tuple[Metric, ...]:
    return tuple(one for one in card.metrics if not is_measured(one))


def contradicted(card: ModelCard) -> list[tuple[Metric, Metric]]:
    """Return the metrics that a file or a person claims and the registry measured as well: what
    is claimed, and what was measured.
    """
    known = {key_of(one): one for one in measured(card)}
    return [(one, known[key]) for one in unmeasured(card) if (key := key_of(one)) in known]


def datasets_of(card: ModelCard, section: str) -> list[Dataset]:
    """Return the data sets that the section describes; those of no known role are of training."""
    role = DATA_ROLES.get(section)
    if role is None:
        return []
    first = next(iter(DATA_ROLES.values()))
    return [
        one
        for one in card.datasets
        if one.role == role or (role == first and one.role not in DATA_ROLES.values())
    ]


def draft_parts(card: ModelCard) -> dict[str, Any]:
    """Return what a draft keeps of a card beside its texts: nothing that the registry fills in,
    but the notes on it.
    """
    body = card.body()
    notes = {key_of(one): one.note for one in measured(card) if one.note}
    body["metrics"] = replace(card, metrics=unmeasured(card)).body().get("metrics", [])
    body["notes"] = notes
    return {key: body[key] for key in body if key not in {"sections", "lineage"} and body[key]}


def card_of_draft(
    sections: Mapping[str, str],
    parts: Mapping[str, Any],
    *,
    values: Iterable[Metric],
    lineage: Mapping[str, Any],
) -> ModelCard:
    """Put together what people wrote and what the registry knows now."""
    body = {key: one for key, one in parts.items() if key != "notes"}
    notes = parts.get("notes", {})
    card = card_of_body({**body, "sections": dict(sections)}, {})
    noted = (replace(one, note=notes.get(key_of(one), "")) for one in values)
    return replace(card, metrics=(*noted, *card.metrics), lineage=lineage)


def _metric(row: NumberRow, before: Iterable[Metric], typed: Provenance) -> Metric:
    for one in before:
        given = (one.type or one.name, one.slice, one.value.written, *ends_of(one))
        if given == (row.name, row.slice, row.value, row.lower, row.upper):
            return replace(one, note=row.note)
    return _metric_typed(row, typed)


def ends_of(one: Metric) -> tuple[str, str]:
    """Return the ends of the interval as they were written, empty where there is none."""
    if one.interval is None:
        return "", ""
    ends = one.interval.lower, one.interval.upper
    lower, upper = (end.written if end else "" for end in ends)
    return lower, upper


def _metric_typed(row: NumberRow, typed: Provenance) -> Metric:
    lower, upper = (number(text, typed) if text else None for text in (row.lower, row.upper))
    return Metric(
        type=row.name,
        slice=row.slice,
        unit=row.unit,
        value=number(row.value, typed),
        interval=Interval(lower=lower, upper=upper) if lower or upper else None,
        note=row.note,
    )


def _quantity(
    row: NumberRow, section: str, before: Iterable[Quantity], typed: Provenance
) -> Quantity:
    for one in before:
        given = (one.section, one.name, one.value.written, one.unit)
        if given == (section, row.name, row.value, row.unit):
            return replace(one, note=row.note)
    value = number(row.value, typed)
    return Quantity(section=section, name=row.name, value=value, unit=row.unit, note=row.note)


def _dataset(row: DataRow, role: str, before: Iterable[Dataset], typed: Provenance) -> Dataset:
    """Describe the data set of that name anew, or a new one; the rest of it stays."""
    known = next((one for one in before if (one.name or one.id) == row.name), None)
    start = known or Dataset(role=role, name=row.name)
    rows: Number | None = start.rows
    if row.rows != (rows.written if rows else ""):
        rows = number(row.rows, typed) if row.rows else None
    return replace(
        start,
        origin=row.origin,
        recency=row.recency,
        filters=row.filters,
        thin_groups=row.thin_groups,
        rows=rows,
    )


def _row_problems(field: str, rows: Iterable[NumberRow]) -> Iterable[Problem]:
    for place, row in enumerate(rows, start=1):
        if not row.name:
            message = f"Row {place}: a number without a name says nothing. Name what it measures."
            yield Problem(field=field, rule="required", message=message)
        if not row.value:
            message = f"Row {place}, {row.name or 'no name'}: give the value, or empty the row."
            yield Problem(field=field, rule="required", message=message)
        for name, text in (("lower end", row.lower), ("upper end", row.upper)):
            if text and not number(text).value:
                message = f"Row {place}, {name}: “{text}” is not a number."
                yield Problem(field=field, rule="number", message=message)
        yield from _too_long(field, place, vars(row).values())


def _twice(field: str, rows: Iterable[NumberRow]) -> Iterable[Problem]:
    seen: set[str] = set()
    for place, row in enumerate(rows, start=1):
        if key_of(row) in seen:
            message = f"Row {place}: {row.name} stands here twice for the same group."
            yield Problem(field=field, rule="unique", message=message)
        seen.add(key_of(row))


def _data_problems(rows: Iterable[DataRow]) -> Iterable[Problem]:
    seen: set[str] = set()
    for place, row in enumerate(rows, start=1):
        if not row.name:
            message = f"Row {place}: name the data set, or empty the row."
            yield Problem(field="datasets", rule="required", message=message)
        elif row.name in seen:
            message = f"Row {place}: {row.name} stands here twice."
            yield Problem(field="datasets", rule="unique", message=message)
        seen.add(row.name)
        yield from _too_long("datasets", place, vars(row).values())


def _too_long(field: str, place: int, texts: Iterable[str]) -> Iterable[Problem]:
    if any(len(text) > TEXT for text in texts):
        message = f"Row {place}: use at most {TEXT:,} characters in each field."
        yield Problem(field=field, rule="length", message=message)
