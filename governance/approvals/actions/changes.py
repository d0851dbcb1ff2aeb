"""Carrying out what was authorized: stage, slot and request change together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.approvals.models import DossierCopy, PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.rules.judgement import RequestState, authorize
from governance.audit import actions as audit
from governance.audit.models import Prose
from governance.audit.rules import Verb
from governance.core.models import Record
from governance.registry.actions import MoveResult, move_to_stage, share_traffic
from governance.registry.rules import Move

VERBS = {
    Move.PROMOTED: Verb.VERSION_PROMOTED,
    Move.ROLLED_BACK: Verb.VERSION_ROLLED_BACK,
    Move.DEMOTED: Verb.VERSION_DEMOTED,
    Move.ARCHIVED: Verb.VERSION_ARCHIVED,
    Move.SHARED: Verb.SLOT_SHARED,
}


def insert_request(case: Case, *, actor: Actor, person: User, at: datetime) -> PromotionRequest:
    """Insert the row, numbered per model; the caller holds the model's lock."""
    model = case.version.model
    last = PromotionRequest.objects.filter(model=model).aggregate(last=Max("number"))["last"] or 0
    return PromotionRequest.objects.create(
        version=case.version,
        model=model,
        number=last + 1,
        slot=case.slot,
        move=case.dossier.move,
        source=case.version.stage,
        target=case.dossier.target,
        share=case.dossier.share,
        requested_by=person,
        requested_via=actor.ref,
        opened_at=at,
    )


def keep_dossier(
    request: PromotionRequest, case: Case, *, at: datetime
) -> tuple[DossierCopy, bool]:
    """Keep the dossier's text with the request, once; say whether this call added it."""
    return DossierCopy.objects.get_or_create(
        request=request,
        digest=case.digest,
        defaults={"text": case.dossier.text(), "recorded_at": at},
    )


def close(
    request: PromotionRequest,
    state: RequestState,
    *,
    digest: str,
    actor: Actor,
    at: datetime,
    reason: Prose | None = None,
) -> None:
    request.state, request.closed_at, request.closed_by = state, at, actor.ref
    request.decided_digest, request.closed_reason = digest, reason
    request.save(
        update_fields=["state", "closed_at", "closed_by", "decided_digest", "closed_reason"]
    )


def carry_out(
    request: PromotionRequest,
    case: Case,
    *,
    actor: Actor,
    at: datetime,
    records: Sequence[Record] = (),
) -> MoveResult:
    """Authorize, change stage and slot, retire the champion, close the request, append one entry.

    The caller holds the locks and passes what else this act wrote. Raises ApprovalMissing.
    """
    authorization = authorize(case.judgement, dossier=case.dossier, request_ref=request.ref)
    copy, is_new = keep_dossier(request, case, at=at)
    act = share_traffic if authorization.move == Move.SHARED else move_to_stage
    result = act(
        version=case.version, slot=case.slot, authorization=authorization, actor=actor, at=at
    )
    close(request, RequestState.DONE, digest=case.digest, actor=actor, at=at)
    written = [request, *result.records, *([copy] if is_new else []), *records]
    audit.append(
        verb=VERBS[Move(authorization.move)],
        stream=case.version.model.stream,
        subject=case.version.ref,
        actor=actor.ref,
        at=at,
        facts=_facts(request, case, result),
        records=list({record.ref: record for record in written}.values()),
    )
    return result


def _facts(request: PromotionRequest, case: Case, result: MoveResult) -> dict[str, Any]:
    share = {"share": request.share} if request.share else {}
    return share | {
        "request": request.ref,
        "number": case.version.number,
        "from": request.source,
        "to": request.target,
        "slot": case.slot.ref,
        "retired": result.retired.ref if result.retired else None,
        "policy": case.policy.ref or case.policy.key,
        "policy_digest": case.policy.digest,
        "dossier": case.digest,
        "sign_offs": [signature.ref for signature in case.judgement.signatures],
        "requested_by": f"user:{request.requested_by_id}",
    }
