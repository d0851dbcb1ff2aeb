"""For reviewers: what changed since the last card, and what is weak in this one."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from governance.cards.rules.changes import section_diffs
from governance.cards.rules.editing import contradicted
from governance.cards.rules.model_card import Metric, ModelCard
from governance.cards.rules.numbers import Provenance, ProvenanceKind
from governance.cards.rules.parts import origin_of, values_of
from governance.cards.rules.sections import BY_KEY
from governance.core.wording import day, number
from governance.evidence.rules.documents.blocks import (
    Block,
    Cell,
    Changed,
    Chapter,
    Gap,
    Lines,
    Prose,
    Table,
)
from governance.evidence.rules.documents.material import Material
from governance.evidence.rules.documents.sections import ORIGIN
from governance.evidence.rules.documents.sources import source
from governance.evidence.rules.documents.tables import findings_table

LOWER_IS_BETTER = ("loss", "error", "mae", "mse", "rmse", "mape", "brier", "wer", "cer", "psi",
                   "latency", "gap", "difference", "perplexity", "false", "fpr", "fnr", "ece",
                   "drift", "toxicity", "hallucination", "bias")  # fmt: skip
"""Words in the name of a measure whose smaller value is the better one."""
MOST_WEAK = 12


def reviewer_chapters(of: Material) -> tuple[Chapter, ...]:
    return (
        Chapter(key="changed", title=_since(of), blocks=tuple(_changes(of))),
        Chapter(key="gaps", title="Gaps for its tier and kind", blocks=tuple(_gaps(of))),
        Chapter(key="slices", title="Weakest groups", blocks=tuple(_weakest(of.card.card))),
        Chapter(key="thin", title="Thin groups", blocks=tuple(_thin(of.card.card))),
        Chapter(
            key="claims", title="Numbers that nobody measured", blocks=tuple(_claims(of.card.card))
        ),
        Chapter(
            key="contradicted",
            title="Claims that a measurement contradicts",
            blocks=tuple(_contradicted(of.card.card)),
        ),
        Chapter(key="failures", title="Known failures and caveats", blocks=tuple(_failures(of))),
        Chapter(key="findings", title="Open findings", blocks=tuple(_findings(of))),
        Chapter(key="comments", title="Open comments", blocks=tuple(_comments(of))),
    )


def at_a_glance(of: Material, chapters: tuple[Chapter, ...]) -> Lines:
    """Count what a reviewer has to look at, in the chapters that `reviewer_chapters` made."""
    card = of.card.card
    blocks = [block for one in chapters for block in one.blocks]
    changed = number(sum(isinstance(block, Changed) for block in blocks))
    claims = [*_claimed_metrics(card), *_claimed_amounts(card)]
    counts = (
        ("Sections changed", changed if of.before else "No card to compare with"),
        ("Gaps", number(len(of.card.expected.gaps(card)))),
        ("Groups worse than the whole", number(sum(1 for _ in _distances(card)))),
        ("Numbers that nobody measured", number(len(claims))),
        ("Contradicted claims", number(len(_differing(card)))),
        ("Open findings", number(len(of.open_findings))),
        ("Open comments", number(len(of.comments))),
    )
    return Lines(label="At a glance", rows=counts)


def _since(of: Material) -> str:
    return f"Changed since {of.before.label}" if of.before else "What changed"


def _nothing(text: str) -> Prose:
    return Prose(text=text)


def _changes(of: Material) -> Iterator[Block]:
    if of.before is None:
        yield _nothing("There is no earlier card of this model to compare with.")
        return
    found = section_diffs(of.before.card, of.card.card)
    if not found:
        yield _nothing("Nothing differs in any section, number or figure.")
    for one in found:
        yield Changed(title=one.section.title, lines=tuple(one.lines))


def _gaps(of: Material) -> Iterator[Block]:
    gaps = of.card.expected.gaps(of.card.card)
    if not gaps:
        yield _nothing("Every section that its tier and kind ask for has an answer.")
    for section in gaps:
        yield Gap(missing=f"{section.title} is not answered.", filled_by=section.ask)


def _weakest(card: ModelCard) -> Iterator[Block]:
    found = sorted(_distances(card), key=lambda one: one[0])[:MOST_WEAK]
    if not found:
        yield _nothing("No value is split by group, or no group is worse than the whole.")
        return
    shown = {id(metric): value for metric, value in zip(card.metrics, values_of(card), strict=True)}
    yield Table(
        caption="Groups that are worse than the whole, the furthest below first",
        columns=("Measure", "Group", "Value", "On the whole", ORIGIN),
        numbers=(2, 3),
        rows=tuple(
            (
                Cell(text=(value := shown[id(metric)]).metric, note=value.note),
                Cell(text=value.slice),
                Cell(text=value.value, note=value.interval, tone="warn"),
                Cell(text=shown[id(whole)].value, note=shown[id(whole)].origin.words),
                Cell(text=value.origin.words, note=value.origin.detail, tone=value.origin.tone),
            )
            for _, metric, whole in found
        ),
    )


def _distances(card: ModelCard) -> Iterator[tuple[Decimal, Metric, Metric]]:
    """Give each group that is worse than the whole: by how much of the whole, negative is worse."""
    wholes = {_measure(one): one for one in reversed(card.metrics) if not one.slice}
    for one in card.metrics:
        whole = wholes.get(_measure(one)) if one.slice else None
        if whole is None:
            continue
        value, base = _decimal(one), _decimal(whole)
        if value is None or not base:
            continue
        better = -1 if is_lower_better(_measure(one)) else 1
        distance = (value - base) * better / abs(base)
        if distance < 0:
            yield distance, one, whole


def _measure(one: Metric) -> str:
    return (one.type or one.name).strip().lower()


def is_lower_better(measure: str) -> bool:
    """Tell by its name whether a smaller value of a measure is the better one."""
    return any(word in measure for word in LOWER_IS_BETTER)


def _decimal(one: Metric) -> Decimal | None:
    try:
        return Decimal(one.value.value)
    except InvalidOperation:
        return None


def _thin(card: ModelCard) -> Iterator[Block]:
    rows = tuple(
        (one.name or one.id or "A data set", one.thin_groups)
        for one in card.datasets
        if one.thin_groups
    )
    if rows:
        yield Lines(label="Thin groups by data set", rows=rows)
    else:
        yield _nothing("No data set of the card names a thin group.")


def _claims(card: ModelCard) -> Iterator[Block]:
    rows = [*_claimed_metrics(card), *_claimed_amounts(card)]
    if not rows:
        yield _nothing("Every number of the card was measured.")
        return
    yield Table(
        caption="Numbers that were typed, imported or whose origin is not said",
        columns=("What", "Of what", "Value", ORIGIN),
        numbers=(2,),
        rows=tuple(rows),
    )


def _claimed_metrics(card: ModelCard) -> Iterator[tuple[Cell, ...]]:
    for value in values_of(card):
        if not value.is_measured:
            yield (
                Cell(text=value.metric, note=value.note),
                Cell(text=value.slice),
                Cell(text=value.value, note=value.interval),
                Cell(text=value.origin.words, note=value.origin.detail, tone="warn"),
            )


def _claimed_amounts(card: ModelCard) -> Iterator[tuple[Cell, ...]]:
    for one in card.quantities:
        if _is_claim(one.value.provenance):
            title = BY_KEY[one.section].title if one.section in BY_KEY else one.section
            written = f"{one.value.written} {one.unit}".strip()
            yield _claim(one.name, title, written, one.value.provenance, origin_of(one.value).words)
    for data in card.datasets:
        if data.rows and _is_claim(data.rows.provenance):
            name = data.name or data.id or "A data set"
            said = origin_of(data.rows).words
            yield _claim("Rows", name, data.rows.written, data.rows.provenance, said)


def _claim(what: str, of: str, value: str, provenance: Provenance, words: str) -> tuple[Cell, ...]:
    detail = provenance.source or provenance.place
    return (
        Cell(text=what),
        Cell(text=of),
        Cell(text=value),
        Cell(text=words, note=detail, tone="warn"),
    )


def _is_claim(provenance: Provenance) -> bool:
    return provenance.kind != ProvenanceKind.MEASURED


def _differing(card: ModelCard) -> list[tuple[Metric, Metric]]:
    return [(c, m) for c, m in contradicted(card) if c.value.value != m.value.value]


def _contradicted(card: ModelCard) -> Iterator[Block]:
    pairs = _differing(card)
    if not pairs:
        yield _nothing("No claim differs from what was measured.")
        return
    yield Table(
        caption="Claims beside what was measured",
        columns=("Measure", "Group", "Claimed", "Measured"),
        numbers=(2, 3),
        rows=tuple(
            (
                Cell(text=claim.name or claim.type),
                Cell(text=claim.slice or "All"),
                Cell(text=claim.value.written, note=origin_of(claim.value).words, tone="bad"),
                Cell(text=measured.value.written, note=origin_of(measured.value).words),
            )
            for claim, measured in pairs
        ),
    )


def _failures(of: Material) -> Iterator[Block]:
    found = [*source("card:known_failures").blocks(of), *source("card:caveats").blocks(of)]
    yield from found or [Gap(missing="The card names no failure and no caveat.")]


def _findings(of: Material) -> Iterator[Block]:
    if of.open_findings:
        yield findings_table(of.open_findings)
    else:
        yield _nothing("No finding of this version is open.")
    if not of.reports:
        fill = "A signed validation report on this version."
        yield Gap(missing="This version was not validated.", filled_by=fill)


def _comments(of: Material) -> Iterator[Block]:
    if not of.comments:
        yield _nothing("No comment is open.")
        return
    yield Table(
        caption="Open comments, oldest first",
        columns=("Section", "Comment", "By"),
        rows=tuple(
            (
                Cell(text=BY_KEY[one.section].title if one.section in BY_KEY else one.section),
                Cell(text=one.text),
                Cell(text=one.author, note=day(one.written_at)),
            )
            for one in of.comments
        ),
    )
