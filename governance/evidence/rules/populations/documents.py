"""Populations and samples as documents: what a file of one holds, and what its digest is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from governance.core.canonical import canonical, timestamp
from governance.evidence.rules.populations import lists, sampling
from governance.evidence.rules.populations.lists import Asked, Control, Row, list_digest
from governance.evidence.rules.populations.sampling import Draw, allotments, drawn_from


def population_text(
    asked: Asked,
    rows: Sequence[Row],
    control: Control,
    *,
    source: Mapping[str, Any],
    extraction: Mapping[str, Any],
) -> str:
    """Return the canonical text of a population.

    `source` says where the rows stand, `extraction` who took them, when, where, and as of which
    checkpoint of the ledger.
    """
    return canonical(
        {
            "format": lists.FORMAT,
            "kind": asked.kind,
            "title": asked.kind.label,
            "since": asked.since_date,
            "until": asked.until_date,
            "filter": {"model": asked.model, "framework": asked.framework, **asked.facets},
            "source": source,
            "extraction": extraction,
            "control": control.as_facts(),
            "count": len(rows),
            "list_sha256": list_digest(rows),
            "rows": rows,
        }
    )


def sample_text(
    population: Mapping[str, str], rows: Sequence[Row], draw: Draw, *, by: str, at: datetime
) -> str:
    """Return the canonical text of a sample of these rows, drawn.

    `population` names what it is drawn from, by reference and digests.
    """
    return canonical(
        {
            "format": sampling.FORMAT,
            "population": population,
            "count": len(rows),
            "method": draw.method,
            "rule": sampling.RULE,
            "seed": draw.seed,
            "size": draw.size,
            "stratum": draw.stratum,
            "strata": [asdict(part) for part in allotments(rows, draw)],
            "chosen": [asdict(one) for one in drawn_from(rows, draw)],
            "drawn_at": timestamp(at),
            "drawn_by": by,
        }
    )
