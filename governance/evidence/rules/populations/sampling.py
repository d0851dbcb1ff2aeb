"""Drawing a sample that anybody can draw again: by the seed, with SHA-256 and nothing else.

Each row has a rank, the SHA-256 of the seed, a zero byte and the row's reference. The lowest
ranks are drawn. Who names the seed before the list is known cannot steer what is drawn.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.db import models

from governance.core.errors import NotFound, Problem
from governance.evidence.rules.populations.lists import REF, Row

FORMAT = "countersign.sample/1"
RULE = "the lowest SHA-256 of seed, zero byte, reference"
MAX_SEED = 64
_SEED = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:/-]{{0,{MAX_SEED - 1}}}")


class Method(models.TextChoices):
    """How many are drawn from where. See docs/populations.md."""

    RANDOM = "RANDOM", "Random"
    PROPORTIONATE = "PROPORTIONATE", "Stratified, in proportion"
    PER_STRATUM = "PER_STRATUM", "Stratified, so many of each"


class SampleNotFound(NotFound):
    code = "sample_not_found"


@dataclass(frozen=True, kw_only=True)
class Draw:
    """What is to be drawn. `stratum` is a column; it is empty for a random sample alone."""

    method: Method
    seed: str
    size: int
    stratum: str = ""


@dataclass(frozen=True, kw_only=True)
class Allotment:
    """One stratum: how many rows it has, and how many of them are drawn."""

    stratum: str
    count: int
    drawn: int


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One row that was drawn, of which stratum, and its rank."""

    ref: str
    stratum: str
    rank: str


def draw_problems(draw: Draw, *, count: int, strata: Sequence[str]) -> Iterator[Problem]:
    """Name what is wrong with what is to be drawn from so many rows."""
    if not _SEED.fullmatch(draw.seed):
        message = (
            f"Enter a seed of 1 to {MAX_SEED} letters, digits and . _ : / -, such as 2026-Q3/417."
        )
        yield Problem(field="seed", rule="seed", message=message)
    most = f"at most {count}, which is what the population has"
    if draw.size < 1 or draw.size > count:
        yield Problem(field="size", rule="size", message=f"Enter how many to draw: from 1, {most}.")
    if draw.method == Method.RANDOM and draw.stratum:
        message = "A random sample has no strata. Leave this empty, or choose another method."
        yield Problem(field="stratum", rule="none", message=message)
    elif draw.method != Method.RANDOM and draw.stratum not in strata:
        message = f"Choose what makes the strata: {', '.join(strata)}."
        yield Problem(field="stratum", rule="choice", message=message)


def rank(seed: str, ref: str) -> str:
    return hashlib.sha256(seed.encode() + b"\0" + ref.encode()).hexdigest()


def lowest(refs: Sequence[str], *, seed: str, size: int) -> list[str]:
    """Return so many of the references, by their ranks."""
    return sorted(refs, key=lambda ref: (rank(seed, ref), ref))[:size]


def in_proportion(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Allot by largest remainder (Hamilton); of equal remainders the first stratum by name.

    `size` is at most the sum of the counts, so that no stratum gets more than it has.
    """
    total = sum(counts.values())
    given = {name: size * count // total for name, count in counts.items()}
    left = size - sum(given.values())
    by_remainder = sorted(counts, key=lambda name: (-(size * counts[name] % total), name))
    return {name: given[name] + (name in by_remainder[:left]) for name in counts}


def of_each(counts: Mapping[str, int], size: int) -> dict[str, int]:
    """Allot so many to each stratum, or all that a smaller one has."""
    return {name: min(size, count) for name, count in counts.items()}


def allotments(rows: Sequence[Row], draw: Draw) -> list[Allotment]:
    """Return the table of allotments, by stratum; a random sample is of one without a name."""
    counts = Counter(_stratum(row, draw) for row in rows)
    allot = of_each if draw.method == Method.PER_STRATUM else in_proportion
    drawn = allot(counts, draw.size)
    return [
        Allotment(stratum=name, count=counts[name], drawn=drawn[name]) for name in sorted(counts)
    ]


def drawn_from(rows: Sequence[Row], draw: Draw) -> list[Chosen]:
    """Draw: stratum by stratum, in each by rank."""
    found = []
    for part in allotments(rows, draw):
        refs = [row[REF] for row in rows if _stratum(row, draw) == part.stratum]
        found += [
            Chosen(ref=ref, stratum=part.stratum, rank=rank(draw.seed, ref))
            for ref in lowest(refs, seed=draw.seed, size=part.drawn)
        ]
    return found


def _stratum(row: Row, draw: Draw) -> str:
    return row[draw.stratum] if draw.stratum else ""
