"""The sections of a card as pages show them: texts, and every number with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from governance.cards.rules.completeness import Expected, says
from governance.cards.rules.editing import contradicted, datasets_of, key_of
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Figure,
    Interval,
    ModelCard,
    Quantity,
)
from governance.cards.rules.numbers import Number, ProvenanceKind
from governance.cards.rules.sections import Section
from governance.core.wording import number
from governance.registry.rules import Source

SECTION_OF = {"TRAINING": "training_data", "EVALUATION": "evaluation_data"}
"""Where a card names the data that a registration states, by what it was used for."""
MARKS = {
    ProvenanceKind.MEASURED: ("ok", "lock"),
    ProvenanceKind.TYPED: ("mute", "edit"),
    ProvenanceKind.IMPORTED: ("mute", "download"),
    ProvenanceKind.UNKNOWN: ("warn", "alert"),
}
DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a number comes from, in words: a mark, how it came, and the detail behind it."""

    kind: ProvenanceKind
    words: str
    detail: str

    @property
    def tone(self) -> str:
        return MARKS[self.kind][0]

    @property
    def icon(self) -> str:
        return MARKS[self.kind][1]


@dataclass(frozen=True, kw_only=True)
class Value:
    """One metric in words. `measured` is what the registry has for the same, if they differ."""

    key: str
    metric: str
    slice: str
    value: str
    interval: str
    origin: Origin
    note: str
    measured: str = ""

    @property
    def is_measured(self) -> bool:
        return self.origin.kind == ProvenanceKind.MEASURED


@dataclass(frozen=True, kw_only=True)
class Amount:
    """Another figure of a section: latency, cost, energy, a setting."""

    name: str
    value: str
    unit: str
    origin: Origin
    note: str


@dataclass(frozen=True, kw_only=True)
class Data:
    """A data set that a section describes; lines are (label, text)."""

    name: str
    lines: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Fact:
    """Something that the registration or a file says, beside what people wrote."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """One section as it stands in this card; tone, icon and state say how complete it is."""

    section: Section
    number: int
    text: str
    is_answered: bool
    is_needed: bool
    values: Sequence[Value] = ()
    amounts: Sequence[Amount] = ()
    data: Sequence[Data] = ()
    considerations: Sequence[Consideration] = ()
    figures: Sequence[Figure] = ()
    facts: Sequence[Fact] = ()

    @property
    def mark(self) -> tuple[str, str, str]:
        if self.section.measured and any(value.is_measured for value in self.values):
            return "ok", "lock", "filled from the version"
        if self.is_answered:
            return "ok", "check", "complete"
        if self.text:
            return "warn", "half", "not an answer yet"
        if self.is_needed:
            return "mute", "ring", "empty"
        return "mute", "minus", "optional, empty"

    @property
    def is_empty(self) -> bool:
        rest = (self.values, self.amounts, self.data, self.considerations, self.figures, self.facts)
        return not self.text and not any(rest)


def parts_of(card: ModelCard, expected: Expected) -> list[Part]:
    """Return every section that a card of such a model has, or that this card has anyway."""
    facts, offered = facts_of(card), expected.offered(card)
    values = values_of(card)
    return [
        Part(
            section=section,
            number=place,
            text=card.sections.get(section.key, ""),
            is_answered=says(card, section),
            is_needed=expected.needs(section),
            values=values if section.measured else (),
            amounts=[_amount(one) for one in card.quantities if one.section == section.key],
            data=[_data(one) for one in datasets_of(card, section.key)],
            considerations=[c for c in card.considerations if c.section == section.key],
            figures=[figure for figure in card.figures if figure.section == section.key],
            facts=facts.get(section.key, ()),
        )
        for place, section in enumerate(offered, start=1)
    ]


def written_parts(parts: Iterable[Part]) -> list[Part]:
    """Return those that a reader needs: what is written, and what ought to be; numbered anew."""
    kept = [part for part in parts if part.is_needed or not part.is_empty]
    return [Part(**{**vars(part), "number": place}) for place, part in enumerate(kept, start=1)]


def values_of(card: ModelCard) -> list[Value]:
    """Return every metric: measured ones first, then what was typed or imported."""
    differs = {
        id(claim): value.value.written
        for claim, value in contradicted(card)
        if claim.value.value != value.value.value
    }
    return [
        Value(
            key=key_of(one),
            metric=one.name or one.type,
            slice=one.slice or "All",
            value=_written(one.value),
            interval=_interval(one.interval),
            origin=origin_of(one.value),
            note=one.note,
            measured=differs.get(id(one), ""),
        )
        for one in card.metrics
    ]


def origin_of(value: Number) -> Origin:
    """Say where a number comes from. A typist who is referred to must be named before."""
    said = value.provenance
    match said.kind:
        case ProvenanceKind.MEASURED:
            words = Source(said.source).label if said.source in Source.values else "Measured"
            evaluation = said.evaluation if not (said.run or said.dataset) else ""
            known = (("run", said.run), ("data", said.dataset), ("evaluation", evaluation))
            detail = ", ".join(f"{name} {_short(text)}" for name, text in known if text)
        case ProvenanceKind.TYPED:
            words, detail = f"Typed by {said.typed_by}", ""
        case ProvenanceKind.IMPORTED:
            words, detail = "From a file", said.source or said.place
        case _:
            words, detail = "Not said", ""
    return Origin(kind=said.kind, words=words, detail=detail)


def _said(value: Number) -> str:
    origin = origin_of(value)
    words = "origin not said" if origin.kind == ProvenanceKind.UNKNOWN else origin.words
    return words[:1].lower() + words[1:]


def _short(text: str) -> str:
    return text if len(text) <= DIGITS else f"{text[:DIGITS]}…"


def _written(value: Number) -> str:
    return value.text or number(Decimal(value.value))


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    ends = [end.written if end else "n/a" for end in (interval.lower, interval.upper)]
    return f"{ends[0]} to {ends[1]}" + (f" ({interval.level})" if interval.level else "")


def _amount(one: Quantity) -> Amount:
    return Amount(
        name=one.name,
        value=_written(one.value),
        unit=one.unit,
        origin=origin_of(one.value),
        note=one.note,
    )


def _data(one: Dataset) -> Data:
    rows = f"{_written(one.rows)} ({_said(one.rows)})" if one.rows else ""
    said = (
        ("Origin", one.origin),
        ("How recent", one.recency),
        ("Filters", one.filters),
        ("Thin groups", one.thin_groups),
        ("Rows", rows),
        ("What it is", one.description),
        ("License", one.license),
        ("Digest", one.digest),
        ("Address", one.url),
    )
    lines = [(label, text) for label, text in said if text]
    return Data(name=one.name or one.id or "Without a name", lines=lines)


def facts_of(card: ModelCard) -> dict[str, list[Fact]]:
    """What the registration and the files of the card say, under the section they belong to."""
    named = [*_registered(card), *_stated(card)]
    facts: dict[str, list[Fact]] = {}
    for key, label, value in named:
        if value:
            facts.setdefault(key, []).append(Fact(label=label, value=str(value)))
    return facts


def _registered(card: ModelCard) -> Iterable[tuple[str, str, object]]:
    lineage = card.lineage
    dataset = lineage.get("dataset", {})
    rows = dataset.get("rows")
    yield from (
        ("training_data", "Run", lineage.get("run_id")),
        ("training_data", "Commit", lineage.get("git_commit")),
        ("evaluation_data", "Data set", dataset.get("name")),
        ("evaluation_data", "Rows", number(rows) if isinstance(rows, int) else rows),
        ("evaluation_data", "Digest of the data", dataset.get("digest")),
    )
    for entry in lineage.get("datasets", ()):
        if section := SECTION_OF.get(entry.get("purpose", "TRAINING")):
            yield section, "Data set", entry["name"]


def _stated(card: ModelCard) -> Iterable[tuple[str, str, object]]:
    details = card.details
    yield from (
        ("architecture", "Kind", details.model_type),
        ("architecture", "Library", details.library),
        ("architecture", "Built on", ", ".join(details.base_models)),
        ("architecture", "Takes in", ", ".join(details.inputs)),
        ("architecture", "Gives out", ", ".join(details.outputs)),
        ("task", "Task", details.task_type),
        ("overview", "Languages", ", ".join(details.languages)),
        ("overview", "Tags", ", ".join(details.tags)),
    )
    for party in card.parties:
        said = ", ".join(text for text in (party.name, party.contact) if text)
        yield "contacts", party.role.capitalize() or "Contact", said
    for one in card.licenses:
        yield "license", "License", " ".join(t for t in (one.id or one.name, one.url) if t)
    for source in card.references:
        said = " ".join(text for text in (source.title, source.url or source.text) if text)
        yield "citation", source.kind.capitalize() or "Reference", said
