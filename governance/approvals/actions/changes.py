"""Carrying out what was authorized: stage, slot and request change together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max

from governance.accounts.models import User
from governance.accounts.rules import Actor
from governance.approvals.actions.conditions import open_conditions
from governance.approvals.models import DossierCopy, PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.rules.judgement import RequestState, authorize
from governance.approvals.rules.standing import end_of_day
from governance.audit import actions as audit
from governance.audit.models import Prose
from governance.audit.rules import Verb
from governance.core.models import Record
from governance.core.wording import as_date
from governance.registry.actions import MoveResult, move_to_stage, share_traffic
from governance.registry.models import ModelVersion
from governance.registry.rules import Authorization, Move
from governance.validation.actions.findings import insert_own_finding
from governance.validation.models import Finding

VERBS = {
    Move.PROMOTED: Verb.VERSION_PROMOTED,
    Move.ROLLED_BACK: Verb.VERSION_ROLLED_BACK,
    Move.DEMOTED: Verb.VERSION_DEMOTED,
    Move.ARCHIVED: Verb.VERSION_ARCHIVED,
    Move.SHARED: Verb.SLOT_SHARED,
    Move.EMERGENCY: Verb.VERSION_PROMOTED_IN_EMERGENCY,
    Move.CONFIRMED: Verb.VERSION_CONFIRMED,
}


def insert_request(
    case: Case, *, actor: Actor, person: User, at: datetime, reason: str = ""
) -> PromotionRequest:
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
        reason=audit.write_prose(reason) if reason else None,
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
    stands_until: datetime | None = None,
) -> None:
    request.state, request.closed_at, request.closed_by = state, at, actor.ref
    request.decided_digest, request.closed_reason = digest, reason
    request.stands_until = stands_until
    request.save(update_fields=CLOSING)


CLOSING = ["state", "closed_at", "closed_by", "decided_digest", "closed_reason", "stands_until"]


def carry_out(
    request: PromotionRequest,
    case: Case,
    *,
    actor: Actor,
    at: datetime,
    records: Sequence[Record] = (),
) -> MoveResult:
    """Authorize, change stage and slot, retire the champion, close the request, append one entry.

    Conditions become findings, and so does an emergency. The caller holds the locks and passes
    what else this act wrote. Raises ApprovalMissing.
    """
    authorization = authorize(case.judgement, dossier=case.dossier, request_ref=request.ref)
    copy, is_new = keep_dossier(request, case, at=at)
    result = _move(case, authorization, actor=actor, at=at)
    until = end_of(case, at=at)
    close(request, RequestState.DONE, digest=case.digest, actor=actor, at=at, stands_until=until)
    opened = open_conditions(request, counting=authorization.sign_offs, at=at)
    if until and case.dossier.move == Move.EMERGENCY:
        opened.append(_open_review(request, case.version, until=until, at=at))
    written = [request, *result.records, *([copy] if is_new else []), *opened, *records]
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


def _move(case: Case, authorization: Authorization, *, actor: Actor, at: datetime) -> MoveResult:
    """Do what was authorized to version and slot; a confirmation leaves both as they are."""
    if authorization.move == Move.CONFIRMED:
        return MoveResult(records=[case.version])
    act = share_traffic if authorization.move == Move.SHARED else move_to_stage
    return act(
        version=case.version, slot=case.slot, authorization=authorization, actor=actor, at=at
    )


def end_of(case: Case, *, at: datetime) -> datetime | None:
    """Return when what is approved now ends by itself: the first of all that ends it, if any does.

    An override ends with its day, and with it what was approved in spite of the check. What was
    rolled back to stands as long as the approval that it rests on.
    """
    ends = [end_of_day(day) for day in _override_days(case)]
    if case.policy.stands_days:
        ends.append(at + timedelta(days=case.policy.stands_days))
    if case.dossier.basis:
        basis = PromotionRequest.objects.get(pk=case.dossier.basis.request.partition(":")[2])
        ends += [basis.stands_until] if basis.stands_until else []
    return min(ends, default=None)


def _override_days(case: Case) -> list[date]:
    excusing = {check.excused_by for check in case.judgement.excused_checks}
    return [
        date.fromisoformat(override.expires_date)
        for override in case.dossier.overrides
        if override.ref in excusing
    ]


def _open_review(
    request: PromotionRequest, version: ModelVersion, *, until: datetime, at: datetime
) -> Finding:
    """Have an emergency reviewed: the portal's own finding, for the model's owner to deal with."""
    return insert_own_finding(
        version,
        title=f"Version {version.number} went live in an emergency and is not reviewed",
        description=(
            f"{request.reference} let it go live on the signatures of an emergency. Checks that "
            "its policy asks for were set aside, and nobody validated it for this."
        ),
        remediation=(
            "Have it reviewed by somebody independent, who closes this; then have it confirmed in "
            "service, or roll it back."
        ),
        due_date=as_date(until),
        at=at,
    )


def _facts(request: PromotionRequest, case: Case, result: MoveResult) -> dict[str, Any]:
    seldom = {
        "share": request.share,
        "until": request.stands_until,
        "overrides": [override.ref for override in case.dossier.overrides],
    }
    return {name: value for name, value in seldom.items() if value} | {
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
