"""The shape of coverage: which requirement has which evidence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from governance.evidence.rules.coverage import Covered, EvidenceItem
from governance.evidence.rules.snapshots import Tally, tally
from governance.inventory.models import Model


def coverage_body(model: Model, rows: Sequence[Covered]) -> dict[str, Any]:
    """Every requirement of every framework that was asked about, with its evidence."""
    editions = groupby(rows, key=lambda row: (row.requirement.framework, row.requirement.version))
    return {
        "model": model.name,
        "frameworks": [
            {
                "framework": framework,
                "version": version,
                **counts_body(found := list(each)),
                "requirements": [_requirement(one) for one in found],
            }
            for (framework, version), each in editions
        ],
    }


def summary_body(model: Model, rows: Sequence[Covered]) -> dict[str, Any]:
    """How many requirements are in which state, by framework."""
    frameworks = groupby(rows, key=lambda row: row.requirement.framework)
    return {
        "model": model.name,
        "frameworks": [
            {"framework": framework, **counts_body(list(each))} for framework, each in frameworks
        ],
    }


def counts_body(rows: Sequence[Covered]) -> dict[str, Any]:
    found: Tally = tally(one.state for one in rows)
    return {"counts": vars(found)}


def _requirement(one: Covered) -> dict[str, Any]:
    asked = one.requirement
    return {
        "id": asked.id,
        "citation": asked.citation,
        "title": asked.title,
        "group": asked.group,
        "level": asked.level.value,
        "asks_for": list(asked.evidence),
        "state": one.state.value,
        "because": one.because,
        "evidence": [_item(item) for item in one.items],
        "missing": list(one.missing),
    }


def _item(item: EvidenceItem) -> dict[str, Any]:
    return {
        "kind": item.kind,
        "record": item.ref,
        "label": item.label,
        "date": item.day,
        "stale": item.stale,
        "fresh_through": item.fresh_until,
        "earlier": item.earlier,
    }
