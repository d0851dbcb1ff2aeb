"""Which part of the evidence of a model the pages print. The whole of it is attached either way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime

from governance.core.wording import as_date
from governance.evidence.rules.reading import Entry, Evidence, Held
from governance.evidence.rules.scopes import PackScope, ScopeKind

HANGS_ON = (
    "version_id",
    "request_id",
    "override_id",
    "sign_off_id",
    "condition_id",
    "report_id",
    "validation_id",
    "revision_id",
)
"""The columns by which a record is of another one, and is printed with it or not at all."""

DATED: Mapping[str, tuple[str, str]] = {
    "request": ("opened_at", "closed_at"),
    "stage_change": ("changed_at", "changed_at"),
    "report": ("signed_at", "signed_at"),
    "finding": ("opened_at", "closed_at"),
    "sign_off": ("signed_at", "signed_at"),
    "waiver": ("requested_at", "expires_date"),
}
"""When a record begins to matter and when it ends to; one that is not over still does. What is not
named here is printed as it stands, whatever the period."""


def narrowed(evidence: Evidence, scope: PackScope) -> Evidence:
    """Return what of one model's evidence the pages print: the version, the decision or the period
    that was asked for. Records that are of none of them, such as the model's own, all stay.
    """
    if scope.kind == ScopeKind.VERSION:
        return evidence.without(
            _of_other_versions(evidence, scope.subject), _speaks(evidence, scope)
        )
    if scope.kind == ScopeKind.DECISION:
        return evidence.without(
            _of_other_requests(evidence, scope.subject), _speaks(evidence, scope)
        )
    if scope.since or scope.until:
        outside = frozenset(hangs_on(evidence, _outside(evidence, scope)))
        return evidence.without(outside, lambda entry: scope.covers(as_date(entry.at)))
    return evidence


def hangs_on(evidence: Evidence, refs: Iterable[str]) -> set[str]:
    """Return these records and all that are of one of them, however far removed."""
    rows = [held for kind in evidence.document["records"] for held in evidence.all(kind)]
    found = set(refs)
    keys = {ref.partition(":")[2] for ref in found}
    while True:
        added = [row for row in rows if row.ref not in found and _is_of(row, keys)]
        if not added:
            return found
        found |= {row.ref for row in added}
        keys |= {row.key for row in added}


def _is_of(held: Held, keys: set[str]) -> bool:
    return any(held[column] in keys for column in HANGS_ON)


def _of_other_versions(evidence: Evidence, own: str) -> frozenset[str]:
    others = [held.ref for held in evidence.all("version") if held.ref != own]
    return frozenset(hangs_on(evidence, others) - hangs_on(evidence, [own]))


def _of_other_requests(evidence: Evidence, own: str) -> frozenset[str]:
    request = next((held for held in evidence.all("request") if held.ref == own), None)
    version = f"version:{request['version_id']}" if request else ""
    others = [held.ref for held in evidence.all("request") if held.ref != own]
    among = hangs_on(evidence, others) - hangs_on(evidence, [own])
    return _of_other_versions(evidence, version) | frozenset(among)


def _speaks(evidence: Evidence, scope: PackScope) -> Callable[[Entry], bool]:
    """Whether an entry speaks of the version or the decision that the pages are of."""
    refs = hangs_on(evidence, [scope.subject])
    return lambda entry: entry.subject in refs or not refs.isdisjoint(entry.states)


def _outside(evidence: Evidence, scope: PackScope) -> Iterator[str]:
    for kind, (begins, ends) in DATED.items():
        for held in evidence.all(kind):
            begun, over = _day(held[begins]), _day(held[ends])
            is_later = scope.until is not None and begun is not None and begun > scope.until
            is_over = scope.since is not None and over is not None and over < scope.since
            if is_later or is_over:
                yield held.ref


def _day(text: str) -> date | None:
    if not text:
        return None
    return as_date(datetime.fromisoformat(text)) if "T" in text else date.fromisoformat(text)
