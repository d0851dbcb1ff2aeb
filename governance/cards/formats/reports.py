"""The account of an import or an export, for programs and in a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from governance.cards.formats.protocol import Notice, Rule, Writing

REPORT = "countersign.conversion/1"


def warnings_body(warnings: Iterable[Notice]) -> list[dict[str, Any]]:
    return [{"line": one.line, "field": one.field, "message": one.message} for one in warnings]


def report_of(
    writing: Writing, *, source: str, digest: str, warnings: Iterable[Notice] = ()
) -> dict[str, Any]:
    """What became of a card on its way; docs/model-cards.md says what each key means."""
    return {
        "format": REPORT,
        "source": {"format": source, "sha256": digest},
        "target": {"format": writing.format},
        "warnings": warnings_body(warnings),
        "kept": writing.kept,
        "losses": [
            {"path": one.path, "says": one.says, "rule": one.rule.value, "why": one.why}
            for one in writing.losses
        ],
    }


def summary(writing: Writing, *, source: str, warnings: int = 0) -> str:
    """`huggingface → markdown: 12 fields kept, 3 turned into text; 1 warning`."""
    count = Counter(one.rule for one in writing.losses)
    words = [f"{writing.kept} fields kept"]
    words += [f"{count[rule]} {rule.value}" for rule in Rule if count[rule]]
    told = f"; {warnings} warning{'s' if warnings > 1 else ''}" if warnings else ""
    return f"{source} → {writing.format}: {', '.join(words)}{told}"
