"""What ties evidence to a signed checkpoint: the proofs, the keys, and what hands them over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from governance.audit import notes, trust
from governance.audit.models import LedgerCheckpoint, LedgerEntry, LedgerStream
from governance.audit.proofs import Prover, alone
from governance.core.models import Record
from governance.evidence.rules.packs import CheckpointBehind

AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """The checkpoint that evidence rests on.

    `note` is what the reader gets: signed by the ledger, and perhaps cosigned. `since` are the
    sizes of earlier checkpoints that the reader may hold.
    """

    point: LedgerCheckpoint
    note: str
    since: Sequence[int] = ()

    def prover(self) -> Prover:
        return Prover(self.point, note=self.note)


def signed(prover: Prover, since: Iterable[int]) -> dict[str, Any]:
    """Return the member `checkpoint` of evidence. Raises InvalidInput for a size it lacks."""
    statement = prover.point.entry
    return {
        "note": prover.note,
        "statement": alone(statement),
        "proof": str(prover.inclusion(stream=statement.stream_name, seq=statement.seq)),
        "keys": statement.facts["keys"],
        "handovers": [_handed_over(one) for one in _handovers(statement)],
        "since": [str(prover.growth(size)) for size in sorted(set(since))],
    }


def _handovers(statement: LedgerEntry) -> list[trust.Handover]:
    """The changes of keys that led to the key of this checkpoint, oldest first."""
    newest = notes.parse_key(statement.facts["keys"][-1])
    return trust.handovers(newest)[::-1]


def _handed_over(one: trust.Handover) -> dict[str, Any]:
    proof = Prover(one.point).inclusion(stream=one.entry.stream_name, seq=one.entry.seq)
    return {"entry": alone(one.entry), "proof": str(proof)}


def entries_of_others(prover: Prover | None, records: Iterable[Record]) -> list[dict[str, Any]]:
    """Return the newest entry about each of these records, with the proof that it is in the tree.

    Records that are written about in a stream which the evidence holds no more of: policies and
    delegations. Raises CheckpointBehind for one that the checkpoint does not cover.
    """
    if prover is None:
        return []
    newest = _newest_about({record.ref for record in records})
    return [_with_proof(entry, prover) for entry in sorted(newest, key=_place)]


def _newest_about(refs: set[str]) -> set[LedgerEntry]:
    """Policies are named by entries about other policies too, which they end; those are few."""
    about = LedgerEntry.objects.filter(Q(subject__in=refs) | Q(verb__startswith="policy."))
    found: dict[str, LedgerEntry] = {}
    for entry in about.by_stream() if refs else []:
        found |= dict.fromkeys(refs & entry.states.keys(), entry)
    return set(found.values())


def _place(entry: LedgerEntry) -> tuple[str, int]:
    return entry.stream_name, entry.seq


def _with_proof(entry: LedgerEntry, prover: Prover) -> dict[str, Any]:
    stream = entry.stream_name
    if stream not in prover.heads or entry.seq > prover.heads[stream].seq:
        raise behind(stream)
    proof = prover.inclusion(stream=stream, seq=entry.seq)
    return {"stream": stream, "seq": entry.seq, **alone(entry), "proof": str(proof)}


def require_unchanged(prover: Prover, streams: Sequence[str]) -> None:
    """Raise CheckpointBehind if one of the streams has other entries than were signed."""
    for start in range(0, len(streams), AT_ONCE):
        part = streams[start : start + AT_ONCE]
        rows = LedgerStream.objects.filter(name__in=part).values_list("name", "seq", "head")
        for name, seq, head in rows:
            if prover.heads.get(name) != (seq, head):
                raise behind(name)


def behind(stream: str) -> CheckpointBehind:
    message = (
        f"{stream} has entries that the checkpoint does not cover, and records are shown as they "
        "stand now. Name a later checkpoint, or none: then one is signed now."
    )
    return CheckpointBehind(message, stream=stream)
