"""Collecting the machine-readable evidence of one model, as it stands at one moment."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from governance.accounts.models import Delegation, DelegationEnd, ServiceAccount, Unit, User
from governance.approvals.models import DossierCopy, PolicySignOff, PolicyVersion, SignOff
from governance.audit.models import LedgerEntry, LedgerStream, Prose
from governance.audit.registration import REGISTERED, prose_names, snapshot
from governance.audit.rules import GENESIS
from governance.core.canonical import digest, timestamp
from governance.core.models import Record
from governance.evidence.rules.packs import FORMAT
from governance.inventory.models import Model

AT_ONCE = 1000
NAMED: tuple[type[User] | type[ServiceAccount] | type[Unit], ...] = (User, ServiceAccount, Unit)
_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_REF = re.compile(rf"\b(user|service|unit):({_UUID})\b")
_POLICY = re.compile(rf'"policy:({_UUID})"')


def collect(model: Model, *, by: str, at: datetime) -> dict[str, Any]:
    """Return the evidence: every entry of the model's stream, and every record they speak of.

    All of it is of one moment: whoever writes about the model has to lock the head of its stream,
    which is locked here while the records are read.
    """
    with transaction.atomic():
        head = _locked_head(model)
        entries = LedgerEntry.objects.of_stream(model.stream).order_by("seq")
        ledger = [
            {"text": text, "hash": hash_} for text, hash_ in entries.values_list("text", "hash")
        ]
        spoken_of = _spoken_of(ledger)
        records = once([*spoken_of, *policies(spoken_of, ledger), *delegations(spoken_of)])
        prose = list(prose_of(records))
        held = by_kind(records)
        names = names_in(records, (by, *(entry["text"] for entry in ledger)))
    about = _about(model, head=head, entries=len(ledger), by=by, at=at)
    document = {
        "format": FORMAT,
        "about": about,
        "ledger": ledger,
        "records": held,
        "prose": prose,
        "names": names,
    }
    return document | {"seal": digest(document)}


def _locked_head(model: Model) -> str:
    head = LedgerStream.objects.select_for_update().filter(name=model.stream).first()
    return head.head if head else GENESIS


def _about(model: Model, *, head: str, entries: int, by: str, at: datetime) -> dict[str, str | int]:
    return {
        "model": model.ref,
        "name": model.name,
        "stream": model.stream,
        "entries": entries,
        "head": head,
        "organization": settings.ORGANIZATION,
        "portal": settings.BASE_URL,
        "built_by": by,
        "built_at": timestamp(at),
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
