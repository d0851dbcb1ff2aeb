"""Taking over what a file says into a draft: part by part, and never over what is known better."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from governance.cards.rules.completeness import section_problems
from governance.cards.rules.editing import is_measured, key_of, measured, unmeasured
from governance.cards.rules.model_card import (
    Dataset,
    Details,
    Metric,
    ModelCard,
    Quantity,
    as_imported,
)
from governance.cards.rules.numbers import Number, ProvenanceKind
from governance.cards.rules.sections import SECTIONS
from governance.core.errors import Problem

GROUPS: Mapping[str, str] = {
    "details": "Name and kind",
    "parties": "People and firms",
    "licenses": "Licenses",
    "references": "References",
    "datasets": "Data sets",
    "metrics": "Values",
    "quantities": "Figures in tables",
    "considerations": "Risks and trade-offs",
    "figures": "Pictures and attachments",
    "extensions": "Further sections",
}
"""The parts of a card beside its sections that can be taken from a file, and their titles."""


class Standing(StrEnum):
    """Why a number of a file is not taken."""

    MEASURED = "measured"
    TYPED = "typed"


@dataclass(frozen=True, kw_only=True)
class Untaken:
    """A number that a file claims and the draft knows better: `stands` stays.

    `field` is its path in the card of the file, `place` where it stood in the file itself.
    """

    field: str
    place: str
    name: str
    says: str
    stands: str
    why: Standing

    @property
    def agrees(self) -> bool:
        return self.says == self.stands

    def words(self) -> str:
        known = "the registry measured" if self.why is Standing.MEASURED else "somebody typed"
        return f"{self.name}: the file says {self.says}; {known} {self.stands}, which stays."


@dataclass(frozen=True, kw_only=True)
class Taking:
    """Parts of the card that a file holds, to be taken into a draft: an `Edit` of all of it.

    `parts` are keys of sections and of GROUPS; None takes every part that the file has. A part
    that is taken replaces what the draft has there. What the registry measured and what a person
    typed stays, and the file's number for the same is not taken. Parts that the file does not
    have stay. What the card had no field for, and the file itself, come along with any part, in
    the place of those of an earlier file of the format. The lineage of a file is not taken.
    """

    card: ModelCard
    format: str
    digest: str
    parts: frozenset[str] | None = None

    @property
    def touches(self) -> None:
        return None

    @cached_property
    def claims(self) -> ModelCard:
        """What the file says, every number as a claim of that file."""
        return as_imported(self.card, file=self.digest)

    @property
    def chosen(self) -> tuple[str, ...]:
        """The parts that are taken, in the order of reading."""
        found = parts_in(self.card)
        return found if self.parts is None else tuple(key for key in found if key in self.parts)

    def on(self, card: ModelCard, *, by: str) -> ModelCard:
        if not self.chosen and self.parts is not None:
            return card
        said, chosen = self.claims, set(self.chosen)
        texts = {key: text for key, text in said.sections.items() if key in chosen}
        groups: dict[str, Any] = {
            key: MERGED[key](card, said) if key in MERGED else getattr(said, key)
            for key in chosen & GROUPS.keys()
        }
        formats = {self.format, *(k.format for k in said.kept), *(s.format for s in said.sources)}
        kept = tuple(one for one in card.kept if one.format not in formats)
        sources = tuple(one for one in card.sources if one.format not in formats)
        return replace(
            card,
            sections={**card.sections, **texts},
            kept=(*kept, *said.kept),
            sources=(*sources, *said.sources),
            **groups,
        )

    def problems(self, card: ModelCard) -> Iterable[Problem]:
        there = parts_in(self.card)
        for part in sorted((self.parts or frozenset()) - set(there)):
            message = f"The file has no part {part!r}. It has: {', '.join(there) or 'none'}."
            yield Problem(field="parts", rule="unknown", message=message)
        if self.parts is not None and not self.parts:
            yield Problem(field="parts", rule="required", message="Choose at least one part.")
        chosen = set(self.chosen)
        texts = {key: text for key, text in self.card.sections.items() if key in chosen}
        yield from section_problems(texts)

    def untaken(self, card: ModelCard) -> list[Untaken]:
        """Return the numbers of the chosen parts that are not taken into this draft."""
        chosen = set(self.chosen)
        return [
            one
            for group, found in (("metrics", _metrics_known), ("quantities", _quantities_known),
                                 ("datasets", _rows_known))
            if group in chosen
            for one in found(card, self.claims)
        ]  # fmt: skip


def parts_in(card: ModelCard) -> tuple[str, ...]:
    """Return the parts that the card has, sections in the order of reading and then groups."""
    order = [*(s.key for s in SECTIONS if s.key in card.sections), *card.sections]
    groups = [key for key in GROUPS if getattr(card, key) not in ((), Details())]
    return (*dict.fromkeys(key for key in order if card.sections[key]), *groups)


def is_typed(value: Number | None) -> bool:
    return value is not None and value.provenance.kind == ProvenanceKind.TYPED


def name_of(metric: Metric) -> str:
    """Return what people call the metric, with the group that it is of."""
    name = metric.name or metric.type
    return f"{name} of {metric.slice}" if metric.slice else name


def _metrics(card: ModelCard, said: ModelCard) -> tuple[Metric, ...]:
    typed = tuple(one for one in unmeasured(card) if is_typed(one.value))
    stays = (*measured(card), *typed)
    known = {key_of(one) for one in stays}
    return (*stays, *(one for one in said.metrics if key_of(one) not in known))


def _metrics_known(card: ModelCard, said: ModelCard) -> Iterable[Untaken]:
    known = {key_of(one): one for one in unmeasured(card) if is_typed(one.value)}
    known |= {key_of(one): one for one in measured(card)}
    for place, one in enumerate(said.metrics):
        if (stands := known.get(key_of(one))) is not None:
            why = Standing.MEASURED if is_measured(stands) else Standing.TYPED
            yield _untaken(f"metrics[{place}]", name_of(one), one.value, stands.value, why)


def _quantity_key(one: Quantity) -> tuple[str, str]:
    return one.section, one.name.strip().lower()


def _quantities(card: ModelCard, said: ModelCard) -> tuple[Quantity, ...]:
    stays = tuple(one for one in card.quantities if is_typed(one.value))
    known = {_quantity_key(one) for one in stays}
    return (*stays, *(one for one in said.quantities if _quantity_key(one) not in known))


def _quantities_known(card: ModelCard, said: ModelCard) -> Iterable[Untaken]:
    known = {_quantity_key(one): one for one in card.quantities if is_typed(one.value)}
    for place, one in enumerate(said.quantities):
        if (stands := known.get(_quantity_key(one))) is not None:
            field = f"quantities[{place}]"
            yield _untaken(field, one.name, one.value, stands.value, Standing.TYPED)


def _data_key(one: Dataset) -> tuple[str, str]:
    return one.role, one.name or one.id


def _datasets(card: ModelCard, said: ModelCard) -> tuple[Dataset, ...]:
    """The data sets of the file; row counts that somebody typed stay, with their data set."""
    typed = [one for one in card.datasets if is_typed(one.rows)]
    rows = {_data_key(one): one.rows for one in typed}
    there = {_data_key(one) for one in said.datasets}
    left = [one for one in typed if _data_key(one) not in there]
    taken = [
        replace(one, rows=rows[key]) if (key := _data_key(one)) in rows else one
        for one in said.datasets
    ]
    return (*left, *taken)


def _rows_known(card: ModelCard, said: ModelCard) -> Iterable[Untaken]:
    known = {_data_key(one): one.rows for one in card.datasets if is_typed(one.rows)}
    for place, one in enumerate(said.datasets):
        stands = known.get(_data_key(one))
        if stands is not None and one.rows is not None:
            name = f"rows of {one.name or one.id}"
            yield _untaken(f"datasets[{place}].rows", name, one.rows, stands, Standing.TYPED)


def _untaken(field: str, name: str, says: Number, stands: Number, why: Standing) -> Untaken:
    return Untaken(
        field=field,
        place=says.provenance.place,
        name=name,
        says=says.written,
        stands=stands.written,
        why=why,
    )


MERGED: Mapping[str, Callable[[ModelCard, ModelCard], Any]] = {
    "metrics": _metrics,
    "quantities": _quantities,
    "datasets": _datasets,
}
"""What becomes of the groups with numbers: of a draft and a file, what the draft says then."""
