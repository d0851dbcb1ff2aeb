"""Where the ledger says that a record came to be: what a refusal rests on, to look up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Q

from governance.accounts.models import RoleGrant
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.approvals.rules.explanations import EXPLAINED
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb, stream_id
from governance.core.errors import DomainError

MAKING = (
    Verb.CARD_DRAFTED,
    Verb.CARD_PUBLISHED,
    Verb.MODEL_CREATED,
    Verb.MODEL_UPDATED,
    Verb.OVERRIDE_PROPOSED,
    Verb.OVERRIDE_SIGNED,
    Verb.POLICY_ENACTED,
    Verb.POLICY_PROPOSED,
    Verb.POLICY_SIGNED,
    Verb.REQUEST_OPENED,
    Verb.REQUEST_SIGNED,
    Verb.VALIDATION_SIGNED,
    Verb.VERSION_REGISTERED,
)
"""The acts by which the records come to be that keep somebody from signing."""


@dataclass(frozen=True, kw_only=True)
class EntryMark:
    """The entry with which a record came to be. `number` counts within its stream."""

    record: str
    stream: str
    number: int
    key: UUID


def entries_making(records: Iterable[str], *, stream: str) -> dict[str, EntryMark]:
    """Return, by record, the first entry that lists it as written, in one query.

    It is looked for in this stream, and for a role in that of the accounts. A record that came to
    be by another act has none.
    """
    wanted = list(dict.fromkeys(records))
    if not wanted:
        return {}
    grants = [ref for ref in wanted if ref.startswith(f"{RoleGrant.REF}:")]
    # The text has the reference among its states; the database looks, so that few rows come here.
    listed = reduce(or_, (Q(text__contains=ref) for ref in wanted))
    rows = LedgerEntry.objects.filter(
        Q(stream=stream_id(stream), verb__in=MAKING) & listed
        | Q(subject__in=grants, verb=Verb.ROLE_GRANTED)
    ).oldest_first()
    found: dict[str, EntryMark] = {}
    for entry in rows:
        for ref in entry.states.keys() & set(wanted):
            found.setdefault(
                ref,
                EntryMark(record=ref, stream=entry.stream_name, number=entry.seq, key=entry.pk),
            )
    return found


def explained(error: DomainError) -> dict[str, Any]:
    """Say to programs what pages say to people: what would help, who can act, which entries.

    Empty for a refusal that is not one of approvals.
    """
    known = EXPLAINED.get(error.code)
    if known is None:
        return {}
    said: dict[str, Any] = {"remedy": known.remedy, "who_can": known.who}
    if isinstance(error, DutiesNotSeparated):
        said["entries"] = _entries(error)
    return said


def _entries(error: DutiesNotSeparated) -> Sequence[dict[str, Any]]:
    records = [ref for bar in error.bars for ref in bar.rests_on]
    marks = entries_making(records, stream=error.stream)
    return [
        {"record": mark.record, "stream": mark.stream, "number": mark.number}
        for ref in dict.fromkeys(records)
        if (mark := marks.get(ref))
    ]
