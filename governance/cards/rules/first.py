"""`countersign.card/1`, the form in which revisions were published first; it stays readable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from governance.core.canonical import canonical

FORMAT = "countersign.card/1"


@dataclass(frozen=True, kw_only=True)
class MeasuredValue:
    """One value that the registry measured, as it counted when the card was put together.

    `result` refers to the evaluation result; `received_at` is canonical UTC text.
    """

    metric: str
    slice: str
    value: str
    source: str
    dataset: str
    run_id: str
    result: str
    received_at: str


@dataclass(frozen=True, kw_only=True)
class FirstCard:
    """A card of the first form: what people wrote, and what the registry filled in."""

    sections: Mapping[str, str]
    values: Sequence[MeasuredValue] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Return the canonical text that a revision keeps and whose digest stands for it."""
        return canonical(
            {
                "format": FORMAT,
                "sections": {key: text for key, text in self.sections.items() if text},
                "values": [asdict(value) for value in self.values],
                "lineage": self.lineage,
            }
        )


def first_of_body(body: Mapping[str, Any]) -> FirstCard:
    """Build the card from the parsed text of one."""
    return FirstCard(
        sections=body["sections"],
        values=tuple(MeasuredValue(**value) for value in body["values"]),
        lineage=body["lineage"],
    )
