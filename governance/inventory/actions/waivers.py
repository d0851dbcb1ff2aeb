"""Asking for a waiver, deciding on it, and ending it before its day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid
from governance.core.models import Record
from governance.core.typed import tidy
from governance.core.wording import as_date
from governance.inventory.actions.keeping import require_in_use
from governance.inventory.models import Model, Waiver, WaiverDecision, WaiverEnd
from governance.inventory.queries import locked_model, locked_present_model
from governance.inventory.queries.reviews import require_distance
from governance.inventory.queries.waivers import state_of
from governance.inventory.rules.reviews import TooClose
from governance.inventory.rules.waivers import (
    NotYourWaiver,
    WaiverDecided,
    WaiverOver,
    WaiverState,
    waiver_problems,
)

LIVING = frozenset({WaiverState.REQUESTED, WaiverState.TO_COME, WaiverState.IN_FORCE})
"""What can still be ended."""


@transaction.atomic
def request_waiver(
    *,
    model: Model,
    kind: str,
    waived: str,
    reason: str,
    control: str,
    starts_date: date,
    expires_date: date,
    actor: Actor,
    at: datetime,
) -> Waiver:
    """Ask that something be let off for a time; it is not before somebody else has approved it.

    Appends waiver.requested. Raises InvalidInput, ModelNotFound, ModelRetired, NotAPerson,
    PermissionMissing.
    """
    model = locked_present_model(model)
    require(actor, Permission.WAIVER_REQUEST, unit=model.unit, at=at)
    require_in_use(model)
    if actor.person is None:
        raise NotAPerson("A waiver is asked for by a person, who answers for it.")
    problems = waiver_problems(
        kind=kind,
        waived=waived,
        reason=reason,
        control=control,
        starts=starts_date,
        expires=expires_date,
        today=as_date(at),
        longest_days=settings.WAIVER_MAX_DAYS,
    )
    if found := list(problems):
        raise InvalidInput(*found)
    waiver = Waiver.objects.create(
        model=model,
        kind=kind,
        waived=audit.write_prose(tidy(waived)),
        reason=audit.write_prose(tidy(reason)),
        control=audit.write_prose(tidy(control)),
        starts_date=starts_date,
        expires_date=expires_date,
        requested_by=actor.person,
        requested_at=at,
    )
    _append(Verb.WAIVER_REQUESTED, waiver, [waiver], actor=actor, at=at)
    return waiver


@transaction.atomic
def approve_waiver(
    *, waiver_id: UUID, comment: str, proof: Proof, actor: User, at: datetime
) -> WaiverDecision:
    """Let it off, from its first day through its last. Appends waiver.approved.

    Raises PermissionMissing, ProofMissing, TooClose for who asked, owns or builds, WaiverDecided,
    WaiverOver.
    """
    waiver = _locked(waiver_id)
    _require_may_decide(waiver, actor, at=at)
    require_proof(proof, actor=actor, at=at)
    return _decide(waiver, comment, proof, approved=True, actor=actor, at=at)


@transaction.atomic
def refuse_waiver(
    *, waiver_id: UUID, comment: str, proof: Proof, actor: User, at: datetime
) -> WaiverDecision:
    """Refuse it, with the reason. Appends waiver.refused.

    Raises what `approve_waiver` raises, and InvalidInput without a comment.
    """
    waiver = _locked(waiver_id)
    _require_may_decide(waiver, actor, at=at)
    if not comment.strip():
        raise invalid("comment", "required", "Say why it is refused.")
    require_proof(proof, actor=actor, at=at)
    return _decide(waiver, comment, proof, approved=False, actor=actor, at=at)


@transaction.atomic
def end_waiver(*, waiver_id: UUID, reason: str, actor: User, at: datetime) -> WaiverEnd:
    """End it now, before its last day; of one that nobody has decided, withdraw the request.

    Who asked and the owner can, and of one that was decided whoever decides on waivers. Appends
    waiver.ended. Raises InvalidInput, NotYourWaiver, WaiverOver.
    """
    waiver = _locked(waiver_id)
    if not may_end(waiver, actor, at=at):
        raise NotYourWaiver(
            "Who asked for a waiver and the owner of the model end it; once it is approved, who "
            "decides on waivers does too.",
            subject=waiver.ref,
            stream=waiver.model.stream,
        )
    if state_of(waiver, today=as_date(at)) not in LIVING:
        raise WaiverOver("This waiver is over already.")
    if not reason.strip():
        raise invalid("reason", "required", "Say why it ends.")
    end = WaiverEnd.objects.create(
        waiver=waiver, reason=audit.write_prose(tidy(reason)), ended_by=actor, ended_at=at
    )
    _append(Verb.WAIVER_ENDED, waiver, [end], actor=actor, at=at)
    return end


def may_end(waiver: Waiver, actor: User, *, at: datetime) -> bool:
    """Tell whether ending it is this person's; a request that waits is refused, not ended."""
    if actor.pk in {waiver.requested_by_id, waiver.model.owner_id}:
        return True
    decides = may(actor, Permission.WAIVER_DECIDE, unit=waiver.model.unit, at=at)
    return decides and hasattr(waiver, "decision")


def _locked(waiver_id: UUID) -> Waiver:
    """Lock the model, behind which its waivers are decided, and read the waiver then."""
    locked_model(Model.objects.get(waivers=waiver_id))
    return Waiver.objects.with_all().get(pk=waiver_id)


def _require_may_decide(waiver: Waiver, actor: User, *, at: datetime) -> None:
    model = waiver.model
    require(actor, Permission.WAIVER_DECIDE, unit=model.unit, at=at)
    if waiver.requested_by_id == actor.pk:
        raise TooClose(
            "You asked for this waiver, so somebody else decides on it.",
            subject=waiver.ref,
            stream=model.stream,
        )
    require_distance(model, actor, "decide on what is let off")
    state = state_of(waiver, today=as_date(at))
    if hasattr(waiver, "decision"):
        raise WaiverDecided("Somebody has decided on this waiver already.")
    if state != WaiverState.REQUESTED:
        raise WaiverOver("This request was withdrawn, or its last day is over.")


def _decide(
    waiver: Waiver, comment: str, proof: Proof, *, approved: bool, actor: User, at: datetime
) -> WaiverDecision:
    decision = WaiverDecision.objects.create(
        waiver=waiver,
        approved=approved,
        comment=audit.write_prose(tidy(comment)) if comment.strip() else None,
        decided_by=actor,
        printed_name=audit.write_prose(actor.name),
        proof=proof.method,
        decided_at=at,
    )
    verb = Verb.WAIVER_APPROVED if approved else Verb.WAIVER_REFUSED
    _append(verb, waiver, [decision], actor=actor, at=at)
    return decision


def _append(
    verb: Verb, waiver: Waiver, records: list[Record], *, actor: Actor, at: datetime
) -> None:
    audit.append(
        verb=verb,
        stream=waiver.model.stream,
        subject=waiver.ref,
        actor=actor.ref,
        at=at,
        facts={
            "kind": waiver.kind,
            "starts_date": waiver.starts_date,
            "expires_date": waiver.expires_date,
        },
        records=records,
    )
