"""The sections of a card as blocks: its words, and every number with where it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from governance.cards.rules.completeness import Expected
from governance.cards.rules.model_card import Consideration, Figure, ModelCard
from governance.cards.rules.parts import Amount, Part, Value, parts_of, written_parts
from governance.evidence.rules.documents.blocks import (
    Block,
    Cell,
    Chapter,
    Gap,
    Lines,
    Picture,
    Prose,
    Table,
)

ORIGIN = "Where it comes from"


def card_chapters(card: ModelCard, expected: Expected) -> tuple[Chapter, ...]:
    """Return every section that is written, or needed for such a model, then the firm's own."""
    parts = written_parts(parts_of(card, expected))
    sections = [
        Chapter(
            key=part.section.key,
            title=part.section.title,
            number=str(part.number),
            blocks=tuple(part_blocks(part)),
        )
        for part in parts
    ]
    own = [
        Chapter(key=f"own-{place}", title=one.title or one.key, blocks=(Prose(text=one.text),))
        for place, one in enumerate(card.extensions, start=1)
        if one.text
    ]
    return (*sections, *own)


def part_blocks(part: Part) -> Iterator[Block]:
    """Say everything that a section says; of one that is needed and not answered, that it is."""
    if part.text:
        yield Prose(text=part.text)
    yield from stated_blocks(part)
    if part.is_needed and not part.is_answered:
        yield section_gap(part)


def stated_blocks(part: Part) -> Iterator[Block]:
    """Say what a section states beside its text."""
    if part.values:
        yield values_table(part.values)
    if part.amounts:
        yield amounts_table(part.amounts)
    for data in part.data:
        yield Lines(label=data.name, rows=(("Data set", data.name), *data.lines))
    yield from (_risk(one) for one in part.considerations)
    yield from (picture(one) for one in part.figures)
    if part.facts:
        rows = tuple((fact.label, fact.value) for fact in part.facts)
        yield Lines(label="From the registration and files", rows=rows)


def section_gap(part: Part) -> Gap:
    title = part.section.title
    said = f"“{part.text}” is not an answer." if part.text else "Nothing is written here."
    return Gap(missing=said, filled_by=f"The section “{title}” of the card: {part.section.ask}")


def values_table(values: Iterable[Value], caption: str = "Values") -> Table:
    return Table(
        caption=f"{caption}, each with where it comes from",
        columns=("Measure", "Group", "Value", ORIGIN),
        numbers=(2,),
        rows=tuple(_value_row(value) for value in values),
    )


def _value_row(value: Value) -> tuple[Cell, ...]:
    origin = value.origin
    said = [origin.detail, f"The registry measured {value.measured}." if value.measured else ""]
    tone = "warn" if value.measured else origin.tone
    return (
        Cell(text=value.metric, note=value.note),
        Cell(text=value.slice),
        Cell(text=value.value, note=value.interval),
        Cell(text=origin.words, note=" ".join(one for one in said if one), tone=tone),
    )


def amounts_table(amounts: Sequence[Amount]) -> Table:
    return Table(
        caption="Figures, each with where it comes from",
        columns=("What", "Value", "Unit", ORIGIN),
        numbers=(1,),
        rows=tuple(
            (
                Cell(text=one.name, note=one.note),
                Cell(text=one.value),
                Cell(text=one.unit or "n/a"),
                Cell(text=one.origin.words, note=one.origin.detail, tone=one.origin.tone),
            )
            for one in amounts
        ),
    )


def _risk(one: Consideration) -> Lines:
    said = (
        ("Risk", one.name),
        ("For whom", one.group),
        ("Benefit", one.benefits),
        ("Harm", one.harms),
        ("What is done", one.mitigation),
    )
    rows = tuple((label, text) for label, text in said if text)
    return Lines(label=one.name or "Risk", rows=rows)


def picture(figure: Figure) -> Picture:
    return Picture(
        digest=figure.digest,
        media_type=figure.media_type,
        name=figure.name,
        description=figure.description,
    )
