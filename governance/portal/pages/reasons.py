"""Why somebody may not sign, each reason with the entries that show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from governance.approvals.queries.entries import EntryMark, entries_making
from governance.approvals.rules.duties import Bar
from governance.approvals.rules.explanations import DUTIES
from governance.portal import links


@dataclass(frozen=True, kw_only=True)
class Ground:
    """An entry of the ledger, and its place in the audit log. `stream` is named if another one."""

    number: int
    href: str
    stream: str = ""


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What is said to the reader; `rule` is empty where none of separation stands behind it."""

    sentence: str
    rule: str = ""
    grounds: Sequence[Ground] = ()


def reasons_behind(bars: Sequence[Bar], *, stream: str) -> list[Reason]:
    """Return each bar with the entries it rests on, in one query; without bars in none."""
    marks = entries_making((ref for bar in bars for ref in bar.rests_on), stream=stream)
    return [
        Reason(
            sentence=bar.sentence,
            rule=DUTIES.get(bar.rule, ""),
            grounds=[_ground(marks[ref], stream) for ref in bar.rests_on if ref in marks],
        )
        for bar in bars
    ]


def _ground(mark: EntryMark, stream: str) -> Ground:
    elsewhere = "" if mark.stream == stream else mark.stream
    return Ground(number=mark.number, href=links.audit_entry(mark.key), stream=elsewhere)
