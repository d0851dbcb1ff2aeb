"""Streams of the ledger as evidence holds them: the entries, and the proofs of where they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, Min

from governance.audit.models import EntryQuerySet, LedgerEntry
from governance.audit.proofs import Prover
from governance.audit.rules import GENESIS
from governance.core.canonical import timestamp
from governance.evidence.queries.proving import behind
from governance.inventory.models import Model


@dataclass(frozen=True, kw_only=True)
class Period:
    """From this moment on, to before that one."""

    since: datetime
    until: datetime

    def as_json(self) -> dict[str, str]:
        return {"since": timestamp(self.since), "until": timestamp(self.until)}


def all_of(name: str, model: Model, prover: Prover | None) -> dict[str, Any]:
    """Return the whole stream of a model, as of the checkpoint if there is one."""
    entries = LedgerEntry.objects.of_stream(name)
    if prover:
        if name not in prover.heads:
            raise behind(name)
        entries = entries.filter(seq__lte=prover.heads[name].seq)
    return _member(name, model, _rows(entries), prover, has_records=True)


def part_of(
    name: str, model: Model | None, prover: Prover | None, period: Period
) -> dict[str, Any]:
    """Return the entries of a period, with the last one before it and the first one after it.

    So whoever reads it sees that none in between is left out, also where there is none. An entry's
    time is the portal's own clock, which can be set back; so numbers decide what lies between.
    Raises CheckpointBehind where entries of the period are not in the tree yet.
    """
    stream = LedgerEntry.objects.of_stream(name)
    first, last = _reach(stream, period)
    if prover:
        signed = prover.heads[name].seq if name in prover.heads else 0
        if last > signed:
            raise behind(name)
        stream = stream.filter(seq__lte=signed)
    part = stream.filter(seq__gte=first - 1, seq__lte=last + 1)
    return _member(name, model, _rows(part), prover, has_records=False)


def _reach(stream: EntryQuerySet, period: Period) -> tuple[int, int]:
    """Return the numbers of the period's first and last entry; of none, n + 1 and n."""
    found = stream.filter(at__gte=period.since, at__lt=period.until).aggregate(
        first=Min("seq"), last=Max("seq")
    )
    if found["first"] is not None:
        return found["first"], found["last"]
    before = stream.filter(at__lt=period.since).aggregate(last=Max("seq"))["last"] or 0
    return before + 1, before


_Row = tuple[int, str, str, str]


def _rows(entries: EntryQuerySet) -> Sequence[_Row]:
    return list(entries.order_by("seq").values_list("seq", "previous", "text", "hash"))


def _member(
    name: str,
    model: Model | None,
    rows: Sequence[_Row],
    prover: Prover | None,
    *,
    has_records: bool,
) -> dict[str, Any]:
    """`records` tells whether the records that the entries speak of are in the evidence too."""
    known: Mapping[str, str] = {"model": model.ref, "name": model.name} if model else {}
    first, head = (rows[0][0], rows[-1][3]) if rows else (1, GENESIS)
    return {
        "stream": name,
        **known,
        "first": first,
        "entries": len(rows),
        "previous": rows[0][1] if rows else GENESIS,
        "head": head,
        "ledger": [{"text": text, "hash": digest} for _, _, text, digest in rows],
        "records": has_records,
        **_proofs(name, rows, prover),
    }


def _proofs(name: str, rows: Sequence[_Row], prover: Prover | None) -> dict[str, Any]:
    if prover is None or not rows:
        return {}
    ends = sorted({rows[0][0], rows[-1][0]} if rows[0][0] > 1 else {rows[-1][0]})
    return {
        "end": prover.end(name).as_json(),
        "proofs": [
            {"seq": seq, "proof": str(prover.inclusion(stream=name, seq=seq))} for seq in ends
        ],
    }
