"""Which records count as evidence of which kind, and for how long: data, read strictly."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from governance.core.strict_yaml import strict_content
from governance.evidence.rules.requirements import Level, evidence_kinds
from governance.inventory.rules.frameworks.form import checked_form

DATA = Path(__file__).resolve().parents[1] / "data"
LONGEST = 64 * 1024


class Of(StrEnum):
    """What a row has to be of to count."""

    MODEL = "model"
    VERSION = "version"
    FIRM = "firm"


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """After how many days a record is stale; None where it does not grow old."""

    days: int | None = None
    tiers: Mapping[int, int] = field(default_factory=dict)

    def lasts_until(self, since: date, *, tier: int | None) -> date | None:
        """Return the last day on which a record of that day is fresh."""
        days = self.days if tier is None else self.tiers.get(tier, self.days)
        return None if days is None else since + timedelta(days=days)


@dataclass(frozen=True, kw_only=True)
class Counting:
    """Records that count: which table, of what, under which conditions, by which date.

    `where` holds the values that a column may have, `same` the columns that are equal, `absent`
    those that are empty. `levels` are those of the requirements that it counts for.
    """

    records: str
    of: Of
    day: str
    says: str
    fresh: Freshness
    levels: frozenset[Level] = frozenset({Level.MODEL})
    where: Mapping[str, tuple[str | int, ...]] = field(default_factory=dict)
    same: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Collector:
    """One kind of evidence: what it is called, what counts, and what is said where none is."""

    kind: str
    label: str
    missing: str
    given_by: str
    fresh: Freshness
    counts: tuple[Counting, ...]

    @property
    def is_shared(self) -> bool:
        """Tell whether what is of the firm counts for its models too, as a policy does."""
        return any(one.of == Of.FIRM and Level.MODEL in one.levels for one in self.counts)


@cache
def collectors() -> Mapping[str, Collector]:
    """Return the collector of every kind of evidence, in the order of the kinds."""
    text = (DATA / "collectors.yaml").read_text(encoding="utf-8")
    found = {one.kind: one for one in read_collectors(text)}
    return {kind: found[kind] for kind in evidence_kinds()}


def read_collectors(text: str) -> tuple[Collector, ...]:
    """Return what the YAML text states. Raises InvalidInput naming each wrong place."""
    schema = json.loads((DATA / "collectors.schema.json").read_text(encoding="utf-8"))
    content = strict_content(text, noun="collectors", longest=LONGEST)
    stated = checked_form(content, schema=schema, noun="file of collectors")
    return tuple(map(_collector, stated["collectors"]))


def _collector(entry: Mapping[str, Any]) -> Collector:
    fresh = _freshness(entry.get("fresh", {}))
    return Collector(
        kind=entry["kind"],
        label=evidence_kinds()[entry["kind"]],
        missing=entry["missing"],
        given_by=entry["given_by"],
        fresh=fresh,
        counts=tuple(_counting(one, fresh) for one in entry["counts"]),
    )


def _counting(entry: Mapping[str, Any], fresh: Freshness) -> Counting:
    return Counting(
        records=entry["records"],
        of=Of(entry["of"]),
        day=entry["day"],
        says=entry["says"],
        fresh=_freshness(entry["fresh"]) if "fresh" in entry else fresh,
        levels=frozenset(map(Level, entry.get("levels", [Level.MODEL]))),
        where={key: tuple(values) for key, values in entry.get("where", {}).items()},
        same=entry.get("same", {}),
        absent=tuple(entry.get("absent", ())),
    )


def _freshness(entry: Mapping[str, Any]) -> Freshness:
    tiers = {int(tier): days for tier, days in entry.get("tiers", {}).items()}
    return Freshness(days=entry.get("days"), tiers=tiers)
