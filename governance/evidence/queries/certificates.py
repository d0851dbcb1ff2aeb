"""Collecting what one signature set is: the signatures, what they are over, and what they set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from governance.approvals.models import (
    Condition,
    ConditionFinding,
    DossierCopy,
    Lapse,
    Override,
    OverrideSignOff,
    PromotionRequest,
    SignOff,
)
from governance.approvals.queries.bindings import binding_states, statement_of
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.emergencies import NoEmergency
from governance.approvals.rules.judgement import RequestState
from governance.approvals.rules.policies import NoPolicy
from governance.audit import binding, keys
from governance.audit.models import LedgerEntry
from governance.core.canonical import canonical, digest, timestamp
from governance.core.models import Record
from governance.evidence.queries.collecting import (
    by_kind,
    delegations,
    names_in,
    once,
    policies,
    prose_of,
)
from governance.evidence.rules.certificate import FORMAT
from governance.validation.models import Finding

NO_SIGNING = ("call.refused", "version.tagged", "evaluation.recorded")
"""Entries about a version that come in great numbers and sign nothing."""


def certificate_text(request: PromotionRequest, *, at: datetime) -> str:
    """Return the canonical text of a certificate: all that its page prints. Changes nothing.

    The caller has checked that the request may be seen.
    """
    records = _records(request)
    ledger = list(_entries(request, records))
    held = _held_against(request, at=at)
    texts = [{"text": held["text"]}] if held and held["text"] else []
    records = once([*records, *policies(records, [*ledger, *texts]), *delegations(records)])
    document = {
        "format": FORMAT,
        "about": _about(request, at=at),
        "held_against": held,
        "bindings": _bindings(records),
        "ledger": ledger,
        "records": by_kind(records),
        "prose": list(prose_of(records)),
        "names": names_in(records, [entry["text"] for entry in ledger]),
    }
    return canonical(document | {"seal": digest(document)})


def _about(request: PromotionRequest, *, at: datetime) -> dict[str, str]:
    try:
        key = str(binding.own_key())
    except keys.KeyUnusable:
        key = ""
    model = request.version.model
    return {
        "request": request.ref,
        "reference": request.reference,
        "standing": request.standing,
        "model": model.ref,
        "name": model.name,
        "stream": model.stream,
        "organization": settings.ORGANIZATION,
        "portal": settings.BASE_URL,
        "verifier_key": key,
        "printed_at": timestamp(at),
    }


def _records(request: PromotionRequest) -> list[Record]:
    conditions = Condition.objects.filter(sign_off__request=request)
    became = ConditionFinding.objects.filter(condition__in=conditions)
    overrides = Override.objects.filter(request=request)
    rows: Sequence[QuerySet[Any]] = (
        SignOff.objects.filter(request=request).select_related("printed_name", "comment"),
        DossierCopy.objects.filter(request=request),
        conditions.select_related("text"),
        became,
        Finding.objects.filter(condition__in=became).select_related("closing_reason"),
        overrides.select_related("reason", "control"),
        OverrideSignOff.objects.filter(override__in=overrides).select_related(
            "printed_name", "override"
        ),
        Lapse.objects.filter(request=request),
    )
    found: list[Record] = [request, request.version, request.slot]
    return found + [row for query in rows for row in query.order_by("pk")]


def _entries(request: PromotionRequest, records: Iterable[Record]) -> Iterable[dict[str, str]]:
    """The entries that recorded these rows; each with the hash before it, for they do not chain."""
    wanted = {record.ref for record in records if record != request.version}
    overrides = [ref for ref in wanted if ref.startswith(f"{Override.REF}:")]
    rows = (
        LedgerEntry.objects.of_stream(request.version.model.stream)
        .filter(subject__in=[request.ref, request.version.ref, *overrides])
        .exclude(verb__in=NO_SIGNING)
        .order_by("seq")
    )
    for entry in rows:
        if wanted & entry.states.keys():
            yield {"text": entry.text, "hash": entry.hash, "previous": entry.previous}


def _held_against(request: PromotionRequest, *, at: datetime) -> dict[str, Any] | None:
    """Return the facts that signatures have to be over: those decided on, or those of now.

    None where there are none any more: nobody decided, or no policy leads there.
    """
    if request.standing == RequestState.OPEN:
        return _facts_now(request, at=at)
    copy = DossierCopy.objects.filter(request=request, digest=request.decided_digest).first()
    if copy is None:
        return None
    signed = SignOff.objects.filter(request=request, dossier_digest=copy.digest)
    return {
        "digest": copy.digest,
        "text": copy.text,
        "as_of": timestamp(request.closed_at or copy.recorded_at),
        "counting": sorted(row.ref for row in signed),
        "expired": [],
    }


def _facts_now(request: PromotionRequest, *, at: datetime) -> dict[str, Any] | None:
    try:
        case = case_of(request, at=at)
    except (NoPolicy, NoEmergency):
        return None
    return {
        "digest": case.digest,
        "text": case.dossier.text(),
        "as_of": timestamp(at),
        "counting": sorted(one.ref for one in case.judgement.signatures),
        "expired": sorted(one.ref for one in case.judgement.expired),
    }


def _bindings(records: Iterable[Record]) -> list[dict[str, str]]:
    signed = [row for row in records if isinstance(row, SignOff | OverrideSignOff)]
    states = binding_states(signed)
    return [
        {
            "ref": row.ref,
            "text": statement_of(row).text(),
            "binding": row.binding,
            "state": states[row.ref],
        }
        for row in signed
    ]
