"""What a card holds for programs, as Markdown for people: for formats that are prose alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from governance.cards.formats.trees import dumped
from governance.cards.rules.codec import encoded
from governance.cards.rules.model_card import (
    Consideration,
    Dataset,
    Interval,
    License,
    Metric,
    ModelCard,
    Party,
    Quantity,
    Reference,
)
from governance.cards.rules.numbers import Number, ProvenanceKind

NAMES = {
    "version": "Version", "date": "Date", "model_type": "Type of model", "task_type": "Task",
    "library": "Library", "languages": "Languages", "tags": "Tags", "base_models": "Derived from",
    "inputs": "Input", "outputs": "Output", "id": "Identifier", "url": "Address",
    "role": "Role", "digest": "SHA-256", "revision": "Revision", "config": "Configuration",
    "split": "Split",
    "description": "Description", "origin": "Origin", "recency": "From when", "filters": "Left out",
    "thin_groups": "Thin groups", "license": "License", "rows": "Rows", "sensitive": "Sensitive",
    "group": "Group", "benefits": "Benefits", "harms": "Harms", "mitigation": "Mitigation",
}  # fmt: skip
KEPT_TITLE = "Fields of other formats"
LINEAGE_TITLE = "Lineage"


def facts_by_section(card: ModelCard) -> dict[str, str]:
    """Return what is to be added to the text of each section."""
    lines: dict[str, list[str]] = {}
    for key, said in _all(card):
        lines.setdefault(key, []).append(said)
    return {key: "\n\n".join(said) for key, said in lines.items()}


def facts_apart(card: ModelCard) -> dict[str, str]:
    """Return, by title, what belongs to no section: lineage, and fields of other formats."""
    kept = [f"- `{one.format}{one.place}`: {_code(one.json)}" for one in card.kept]
    lineage = [f"- {key}: {_code(dumped(value))}" for key, value in card.lineage.items()]
    both = {LINEAGE_TITLE: lineage, KEPT_TITLE: kept}
    return {title: "\n".join(lines) for title, lines in both.items() if lines}


def _all(card: ModelCard) -> Iterator[tuple[str, str]]:
    details = {key: value for key, value in encoded(card.details).items() if key != "name"}
    if details:
        yield "overview", _list(details)
    for dataset in card.datasets:
        key = "evaluation_data" if dataset.role == "evaluation" else "training_data"
        yield key, _dataset(dataset)
    if card.metrics:
        yield "evaluation", metrics_table(card.metrics)
    yield from _by_section(card.quantities, _quantities)
    yield from _by_section(card.considerations, _considerations)
    for figure in card.figures:
        words = (figure.name, figure.description, figure.media_type, f"SHA-256 {figure.digest}")
        yield figure.section or "overview", "Figure: " + ", ".join(word for word in words if word)
    if card.licenses:
        yield "license", "\n".join(f"- {_license(one)}" for one in card.licenses)
    if card.parties:
        yield "contacts", "\n".join(f"- {_party(one)}" for one in card.parties)
    if card.references:
        yield "citation", "\n".join(f"- {_reference(one)}" for one in card.references)


def _by_section(items: Sequence[object], said: object) -> Iterator[tuple[str, str]]:
    keys = dict.fromkeys(one.section for one in items)  # type: ignore[attr-defined]
    for key in keys:
        mine = [one for one in items if one.section == key]  # type: ignore[attr-defined]
        yield key, said(mine)  # type: ignore[operator]


def _list(values: Mapping[str, object]) -> str:
    return "\n".join(f"- {NAMES.get(key, key)}: {_value(one)}" for key, one in values.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return _indented(str(value))


def _indented(text: str) -> str:
    return text.replace("\n", "\n  ")


def _dataset(dataset: Dataset) -> str:
    values = encoded(dataset, without={"rows", "name"})
    if dataset.rows:
        values["rows"] = _number(dataset.rows)
    title = f"**{dataset.name}**\n\n" if dataset.name else ""
    return title + _list(values)


def metrics_table(metrics: Sequence[Metric]) -> str:
    """Return a table with only those columns that say something, and where each value is from."""
    columns = {
        "Metric": [_named(one) for one in metrics],
        "Slice": [one.slice for one in metrics],
        "Data": [_data_of(one.dataset) for one in metrics],
        "Task": [one.task for one in metrics],
        "Model": [one.model for one in metrics],
        "Value": [f"{one.value.written} {one.unit}".strip() for one in metrics],
        "Interval": [_interval(one.interval) for one in metrics],
        "Group": [one.group for one in metrics],
        "Date": [one.date for one in metrics],
        "Note": [one.note for one in metrics],
        "Where from": [one.value.provenance.words() for one in metrics],
    }
    return _table({title: cells for title, cells in columns.items() if any(cells)})


def _named(metric: Metric) -> str:
    if metric.name and metric.type and metric.name != metric.type:
        return f"{metric.name} ({metric.type})"
    return metric.name or metric.type


def _data_of(dataset: Dataset | None) -> str:
    if dataset is None:
        return ""
    values = encoded(dataset, without={"role", "rows", "sensitive"}).values()
    return ", ".join(str(value) for value in values)


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return ""
    lower, upper = (one.written if one else "?" for one in (interval.lower, interval.upper))
    return f"{lower} to {upper}" + (f" ({interval.level})" if interval.level else "")


def _quantities(items: Sequence[Quantity]) -> str:
    columns = {
        "What": [one.name for one in items],
        "Value": [f"{one.value.written} {one.unit}".strip() for one in items],
        "Note": [one.note for one in items],
        "Where from": [one.value.provenance.words() for one in items],
    }
    return _table({title: cells for title, cells in columns.items() if any(cells)})


def _considerations(items: Sequence[Consideration]) -> str:
    return "\n".join(
        f"- {_indented(one.name or one.group or 'Unnamed')}\n"
        + "\n".join(
            f"  - {NAMES[key]}: {_indented(_indented(value))}"
            for key, value in encoded(one, without={"section", "name"}).items()
        )
        for one in items
    )


def _number(number: Number) -> str:
    said = number.provenance.kind is not ProvenanceKind.UNKNOWN
    return number.written + (f" ({number.provenance.words()})" if said else "")


def _license(one: License) -> str:
    return _indented(", ".join(word for word in (one.id, one.name, one.url, one.text) if word))


def _party(one: Party) -> str:
    words = (one.name, one.role, one.contact)
    return _indented(", ".join(word for word in words if word))


def _reference(one: Reference) -> str:
    words = (one.kind, one.title, one.url, one.text)
    return _indented(": ".join(word for word in words if word))


def _table(columns: Mapping[str, Sequence[str]]) -> str:
    titles = list(columns)
    rows: Iterable[Sequence[str]] = zip(*columns.values(), strict=True)
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _code(text: str) -> str:
    fence = "`" * (2 if "`" in text else 1)
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"
