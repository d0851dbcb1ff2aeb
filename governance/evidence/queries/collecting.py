"""Collecting the machine-readable evidence of models, as it stands at one moment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Q

from governance.accounts.models import Delegation, DelegationEnd, ServiceAccount, Unit, User
from governance.approvals.models import DossierCopy, PolicySignOff, PolicyVersion, SignOff
from governance.audit.models import Prose
from governance.audit.proofs import Prover
from governance.audit.registration import REGISTERED, prose_names, snapshot
from governance.core.canonical import canonical, digest
from governance.core.models import Record
from governance.evidence.queries.proving import (
    Anchor,
    entries_of_others,
    require_unchanged,
    signed,
)
from governance.evidence.queries.streams import Period, all_of, part_of
from governance.evidence.rules.packs import FORMAT
from governance.inventory.models import Model

AT_ONCE = 1000
NAMED: tuple[type[User] | type[ServiceAccount] | type[Unit], ...] = (User, ServiceAccount, Unit)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_REF = re.compile(rf"\b(user|service|unit):({_UUID})\b")
_POLICY = re.compile(rf'"policy:({_UUID})"')


def unwatched(place: int, of: int) -> None:
    """Nobody watches."""


def collect(
    models: Iterable[Model],
    *,
    anchor: Anchor | None = None,
    scope: Mapping[str, Any] | None = None,
    frameworks: Sequence[str] = (),
    more: Callable[[], Mapping[str, Any]] = dict,
    each: Callable[[int, int], None] = unwatched,
) -> dict[str, Any]:
    """Return the evidence: every entry of the models' streams, and every record they speak of.

    All of it is as of the anchor's checkpoint. Nothing is locked: who writes about a model moves
    the head of its stream, so after reading, the heads have to be those that were signed. Else it
    raises CheckpointBehind, and whoever asked takes a later checkpoint. Without an anchor the
    evidence is only held together by itself, and `as_of` is the time of its newest entry.

    Equal records and anchors give equal evidence; nothing in it says who asked, or when. `scope`
    says what the pack is of; `more` is asked, at the same moment, for further members; `each` is
    told before each model is read, which one of how many it is.
    """
    found = sorted({model.stream: model for model in models}.items())
    prover = anchor.prover() if anchor else None
    streams = []
    for place, (name, model) in enumerate(found, start=1):
        each(place, len(found))
        streams.append(all_of(name, model, prover))
    spoken_of = _spoken_of(entry for stream in streams for entry in stream["ledger"])
    ledger = [entry for stream in streams for entry in stream["ledger"]]
    others = once([*policies(spoken_of, ledger), *delegations(spoken_of)])
    records = once([*spoken_of, *others])
    document = {
        "format": FORMAT,
        "about": _about(prover, ledger, scope or {}, frameworks),
        "checkpoint": signed(prover, anchor.since) if prover and anchor else None,
        "streams": streams,
        "entries": entries_of_others(prover, others),
        "records": by_kind(records),
        "prose": list(prose_of(records)),
        **more(),
    }
    if prover:
        require_unchanged(prover, [name for name, _ in found])
    return _sealed(document, names_in(records, _texts(document)))


def collect_trail(
    models: Iterable[Model],
    *,
    period: Period,
    anchor: Anchor | None = None,
    streams: Iterable[str] = (),
    scope: Mapping[str, Any] | None = None,
    more: Callable[[], Mapping[str, Any]] = dict,
) -> dict[str, Any]:
    """Return the evidence of what was written in a period: entries alone, without the records.

    Of each stream those of the period, the last one before it and the first one after it, which
    show that none in between is left out. `streams` are further ones, such as `firm`. Later entries
    do no harm. Raises CheckpointBehind for a period that goes on beyond the checkpoint.
    """
    of_models: dict[str, Model | None] = {model.stream: model for model in models}
    found = sorted((of_models | {name: of_models.get(name) for name in streams}).items())
    prover = anchor.prover() if anchor else None
    parts = [part_of(name, model, prover, period) for name, model in found]
    ledger = [entry for part in parts for entry in part["ledger"]]
    document = {
        "format": FORMAT,
        "about": _about(prover, ledger, {**(scope or {}), **period.as_json()}, ()),
        "checkpoint": signed(prover, anchor.since) if prover and anchor else None,
        "streams": [part for part in parts if part["ledger"]],
        "entries": [],
        "records": {},
        "prose": [],
        **more(),
    }
    return _sealed(document, names_in([], _texts(document)))


def _sealed(document: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    whole = {**document, "names": names}
    return whole | {"seal": digest(whole)}


def _texts(document: Mapping[str, Any]) -> Iterator[str]:
    """What references to people and units can stand in, beside the records."""
    for stream in document["streams"]:
        yield from (entry["text"] for entry in stream["ledger"])
    yield from (entry["text"] for entry in document["entries"])
    base = {"streams", "entries", "records", "prose", "checkpoint"}
    yield canonical({key: value for key, value in document.items() if key not in base})


def _about(
    prover: Prover | None,
    ledger: Sequence[Mapping[str, str]],
    scope: Mapping[str, Any],
    frameworks: Sequence[str],
) -> dict[str, Any]:
    times = [json.loads(entry["text"])["at"] for entry in ledger]
    return {
        "organization": settings.ORGANIZATION,
        "portal": settings.BASE_URL,
        "as_of": prover.point.entry.body["at"] if prover else max(times, default=""),
        "scope": dict(scope),
        "frameworks": list(frameworks),
    }


def _spoken_of(ledger: Iterable[dict[str, str]]) -> list[Record]:
    """Return every record that the entries name the state of, as it is now."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for entry in ledger:
        for ref, _ in json.loads(entry["text"])["states"]:
            kind, _, key = ref.partition(":")
            wanted[kind].add(key)
    return [record for kind in sorted(wanted) for record in _rows(kind, sorted(wanted[kind]))]


def _rows(kind: str, keys: list[str]) -> Iterator[Record]:
    tables = (table for table in REGISTERED if issubclass(table, Record))
    table = next((table for table in tables if kind == table.REF), None)
    if table is None:
        return
    rows = table._default_manager.select_related(*prose_names(table)).order_by("pk")
    for start in range(0, len(keys), AT_ONCE):
        yield from rows.filter(pk__in=keys[start : start + AT_ONCE])


def policies(records: Iterable[Record], ledger: Iterable[dict[str, str]]) -> list[Record]:
    """Return the policies that the model was judged by, and who signed them.

    What was done to a policy stands in the firm's stream; the dossiers and entries that name it
    stand in the model's.
    """
    dossiers = (record.text for record in records if isinstance(record, DossierCopy))
    texts = (*dossiers, *(entry["text"] for entry in ledger))
    ids = {UUID(key) for text in texts for key in _POLICY.findall(text)}
    signed = PolicySignOff.objects.filter(policy__in=ids)
    return [
        *PolicyVersion.objects.filter(pk__in=ids).order_by("pk"),
        *signed.select_related(*prose_names(PolicySignOff)).order_by("pk"),
    ]


def delegations(records: Iterable[Record]) -> list[Record]:
    """Return the delegations by which deputies signed, and whether they were ended early.

    They stand in the stream of accounts; the signature that rests on one stands in the model's.
    """
    lent = Q(pk__in=[])
    for row in records:
        if isinstance(row, SignOff) and row.on_behalf_of_id:
            lent |= Q(
                delegator=row.on_behalf_of_id,
                deputy=row.signer_id,
                role=row.role,
                starts_at__lte=row.signed_at,
                ends_at__gt=row.signed_at,
            )
    found = Delegation.objects.filter(lent).select_related(*prose_names(Delegation))
    return [
        *found.order_by("pk"),
        *DelegationEnd.objects.filter(delegation__in=found).order_by("pk"),
    ]


def once(records: Iterable[Record]) -> list[Record]:
    return list({record.ref: record for record in records}.values())


def by_kind(records: Iterable[Record]) -> dict[str, list[dict[str, Any]]]:
    held: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for record in records:
        held[record.REF].append({"ref": record.ref, "fields": snapshot(record)})
    return dict(held)


def prose_of(records: Iterable[Record]) -> Iterator[dict[str, Any]]:
    """Yield the texts that the records point to; of an erased one, that it was erased."""
    for record in records:
        for name in prose_names(type(record)):
            prose = getattr(record, name)
            if prose is not None:
                yield _text_of(prose)


def _text_of(prose: Prose) -> dict[str, Any]:
    held: dict[str, Any] = {"ref": prose.ref, "digest": prose.digest}
    if prose.erased_at is None:
        return held | {"salt": prose.salt, "text": prose.text}
    return held | {"erased_at": prose.erased_at}


def names_in(records: Iterable[Record], texts: Iterable[str]) -> dict[str, str]:
    """Return what the people, units and service accounts in records and texts are called now."""
    wanted: dict[str, set[str]] = defaultdict(set)
    for text in (*texts, *map(_references, records)):
        for kind, key in _REF.findall(text):
            wanted[kind].add(key)
    return {
        row.ref: row.name
        for table in NAMED
        for row in table._default_manager.filter(pk__in=wanted[table.REF])
    }


def _references(record: Record) -> str:
    """Return every reference in the record's columns, a pointer to a person as one too."""
    found = []
    for field in record._meta.concrete_fields:
        value = getattr(record, field.attname)
        table = field.related_model
        if value and isinstance(table, type) and table in NAMED:
            found.append(f"{table.REF}:{value}")
        elif isinstance(value, str):
            found.append(value)
    return " ".join(found)
