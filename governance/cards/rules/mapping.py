"""What a file says beside what a draft says, part by part, for whoever decides what to take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from governance.cards.rules.importing import GROUPS, Taking, name_of, parts_in
from governance.cards.rules.model_card import Details, ModelCard
from governance.cards.rules.numbers import ProvenanceKind
from governance.cards.rules.sections import BY_KEY

EXCERPT = 400
MOST_LINES = 8


@dataclass(frozen=True, kw_only=True)
class Row:
    """One part that a file has. `says` and `stands` are lines of words, cut where they are long.

    `by_default`: it would be taken unless somebody decides otherwise, because the draft has
    nothing there or says the same. `problem` is why it cannot be taken.
    """

    part: str
    title: str
    says: tuple[str, ...]
    stands: tuple[str, ...]
    is_same: bool
    by_default: bool
    problem: str = ""


def mapping_of(taking: Taking, draft: ModelCard) -> tuple[Row, ...]:
    """Return a row for each part of the file. Name the typists of the draft before."""
    return tuple(_row(taking, draft, part) for part in parts_in(taking.card))


def _row(taking: Taking, draft: ModelCard, part: str) -> Row:
    alone = replace(taking, parts=frozenset({part}))
    problem = " ".join(one.message for one in alone.problems(draft))
    before = _part(draft, part)
    is_same = not problem and _part(alone.on(draft, by=""), part) == before
    section = BY_KEY.get(part)
    return Row(
        part=part,
        title=section.title if section else GROUPS.get(part, part),
        says=lines_of(taking.claims, part),
        stands=lines_of(draft, part),
        is_same=is_same,
        by_default=not problem and (is_same or not _is_said(draft, part)),
        problem=problem,
    )


def _part(card: ModelCard, part: str) -> Any:
    return getattr(card, part) if part in GROUPS else card.sections.get(part, "")


def _is_said(card: ModelCard, part: str) -> bool:
    """Tell whether people or files said anything there; what is measured does not count."""
    if part == "metrics":
        return any(one.value.provenance.kind != ProvenanceKind.MEASURED for one in card.metrics)
    return _part(card, part) not in ("", (), Details())


def lines_of(card: ModelCard, part: str) -> tuple[str, ...]:
    """Return what the card says in that part: at most eight lines, and how many more there are."""
    if part not in GROUPS:
        text = card.sections.get(part, "")
        return (_short(text),) if text else ()
    lines = [line for line in (_short(one) for one in LINES[part](card)) if line]
    more = len(lines) - MOST_LINES
    return (*lines[:MOST_LINES], *([f"and {more} more"] if more > 0 else []))


def _short(text: str) -> str:
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def _details(card: ModelCard) -> Iterable[str]:
    for name, value in vars(card.details).items():
        said = ", ".join(value) if isinstance(value, tuple) else value
        if said:
            yield f"{name.replace('_', ' ')}: {said}"


def _metrics(card: ModelCard) -> Iterable[str]:
    for one in card.metrics:
        yield f"{name_of(one)}: {one.value.written} ({one.value.provenance.kind.value})"


LINES: Mapping[str, Callable[[ModelCard], Iterable[str]]] = {
    "details": _details,
    "parties": lambda card: (_joined(one.name, one.role, one.contact) for one in card.parties),
    "licenses": lambda card: (
        _joined(one.id, one.name, one.url, one.text) for one in card.licenses
    ),
    "references": lambda card: (
        _joined(one.kind, one.title, one.url or one.text) for one in card.references
    ),
    "datasets": lambda card: (_joined(one.name or one.id, one.role) for one in card.datasets),
    "metrics": _metrics,
    "quantities": lambda card: (
        f"{one.name}: {one.value.written} {one.unit}".strip() for one in card.quantities
    ),
    "considerations": lambda card: (
        _joined(one.name, one.group, one.harms, one.mitigation) for one in card.considerations
    ),
    "figures": lambda card: (
        _joined(one.name or f"sha256:{one.digest[:12]}…", one.description) for one in card.figures
    ),
    "extensions": lambda card: (one.title or one.key for one in card.extensions),
}
