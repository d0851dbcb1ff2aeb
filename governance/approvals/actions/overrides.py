"""Answering for a failing check: who proposes it signs first, others as the policy asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.proof import Proof, require_proof
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.locks import lock_request
from governance.approvals.actions.requests import require_open
from governance.approvals.actions.sign_offs import locked_case, require_role
from governance.approvals.models import Override, OverrideSignOff
from governance.approvals.queries.bindings import bound
from governance.approvals.queries.cases import Case
from governance.approvals.queries.overrides import override_bars
from governance.approvals.rules.duties import require_separation
from governance.approvals.rules.gates import CheckResult
from governance.approvals.rules.judgement import NotNeeded
from governance.approvals.rules.overrides import (
    MEANING,
    NotOverridable,
    OverrideChanged,
    check_digest,
    override_digest,
    rule_of,
)
from governance.approvals.rules.policies import OverrideRule
from governance.audit import actions as audit
from governance.audit.models import Prose
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record
from governance.core.wording import as_date, day


@transaction.atomic
def propose_override(
    *,
    request_id: UUID,
    check_id: str,
    reason: str,
    control: str,
    expires_date: date | None,
    proof: Proof,
    actor: User,
    at: datetime,
) -> Override:
    """Propose that a failing check shall not stand against a request, and sign this first.

    It is in force once as many people as the policy asks for have signed it, and ends with its
    day. Of a check that finds another value since, it is no override. Appends override.proposed.
    Raises RequestClosed, PermissionMissing, DutiesNotSeparated, NotOverridable, InvalidInput,
    ProofMissing, NoPolicy.
    """
    request = lock_request(request_id)
    require_open(request)
    case = locked_case(request, at=at)
    check, rule = overridable(case, check_id)
    _require_may_override(case, rule, actor, at=at)
    require_proof(proof, actor=actor, at=at)
    expires_date = _checked(reason, control, expires_date, rule, today=as_date(at))
    why, how = audit.write_prose(reason.strip()), audit.write_prose(control.strip())
    override = Override.objects.create(
        request=request,
        check_id=check.id,
        check_digest=check_digest(check),
        reason=why,
        control=how,
        expires_date=expires_date,
        proposed_by=actor,
        proposed_at=at,
        digest=override_digest(
            request=request.ref,
            check=check,
            reason=why.digest,
            control=how.digest,
            expires_date=expires_date,
        ),
    )
    signed = _insert_sign_off(override, rule.role, proof, actor=actor, at=at)
    _append(Verb.OVERRIDE_PROPOSED, case, override, signed, [override, signed], actor=actor, at=at)
    return override


@transaction.atomic
def sign_override(
    *, override_id: UUID, digest_seen: str, proof: Proof, actor: User, at: datetime
) -> OverrideSignOff:
    """Sign an override that somebody proposed. Appends override.signed.

    Raises OverrideChanged, NotNeeded, and what `propose_override` raises.
    """
    override = Override.objects.select_related("request").get(pk=override_id)
    request = lock_request(override.request_id)
    require_open(request)
    case = locked_case(request, at=at)
    check, rule = overridable(case, override.check_id)
    _require_may_override(case, rule, actor, at=at)
    require_proof(proof, actor=actor, at=at)
    if override.digest != digest_seen or override.check_digest != check_digest(check):
        raise OverrideChanged(
            "Nothing was signed: the check finds something else than it did when this was "
            "proposed. Propose it again for what it finds now."
        )
    given = list(override.sign_offs.all())
    if any(one.signer_id == actor.pk for one in given) or len(given) >= rule.people:
        raise NotNeeded("This override has your signature, or all that the policy asks for.")
    signed = _insert_sign_off(override, rule.role, proof, actor=actor, at=at)
    _append(Verb.OVERRIDE_SIGNED, case, override, signed, [signed], actor=actor, at=at)
    return signed


def overridable(case: Case, check_id: str) -> tuple[CheckResult, OverrideRule]:
    """Return the failing check and the rule by which people may answer for it.

    Raises NotOverridable.
    """
    check = next((one for one in case.judgement.checks if one.id == check_id), None)
    if check is None or check.is_met:
        raise NotOverridable("This check does not stand against the request.")
    rule = rule_of(case.policy, check.id)
    if rule is None:
        raise NotOverridable(
            f"Nobody can answer for “{check.label}”: the policy “{case.policy.title}” lets it be "
            "overridden by no one. It has to be met.",
            check=check.id,
        )
    return check, rule


def _require_may_override(case: Case, rule: OverrideRule, actor: User, *, at: datetime) -> None:
    """The role itself is asked for: whoever answers for a failing check lends that to nobody."""
    unit = case.version.model.unit
    if None not in require_role(actor, rule.role, unit=unit, at=at):
        raise PermissionMissing("An override is signed by whoever holds the role, by no deputy.")
    barred = override_bars(case, rule, reader=actor)
    require_separation(barred, stream=case.version.model.stream)


def _checked(
    reason: str, control: str, expires_date: date | None, rule: OverrideRule, *, today: date
) -> date:
    """Return the day on which it ends, or raise InvalidInput naming each wrong field."""
    problems = []
    if not reason.strip():
        message = "Say why the version must go all the same."
        problems.append(Problem(field="reason", rule="required", message=message))
    if not control.strip():
        message = "Say what keeps the risk down meanwhile."
        problems.append(Problem(field="control", rule="required", message=message))
    latest = today + timedelta(days=rule.longest_days)
    if expires_date is None:
        message = "Say until when."
        problems.append(Problem(field="expires_date", rule="required", message=message))
    elif not today < expires_date <= latest:
        message = f"Enter a date after {day(today)} and no later than {day(latest)}."
        problems.append(Problem(field="expires_date", rule="range", message=message))
    if problems or expires_date is None:
        raise InvalidInput(*problems)
    return expires_date


def _insert_sign_off(
    override: Override, role: Role, proof: Proof, *, actor: User, at: datetime
) -> OverrideSignOff:
    printed: Prose = audit.write_prose(actor.name)
    signed = OverrideSignOff(
        override=override,
        signer=actor,
        printed_name=printed,
        role=role,
        meaning=MEANING,
        override_digest=override.digest,
        proof=proof.method,
        signed_at=at,
    )
    signed.binding = bound(signed)
    signed.save(force_insert=True)
    return signed


def _append(
    verb: Verb,
    case: Case,
    override: Override,
    signed: OverrideSignOff,
    records: list[Record],
    *,
    actor: User,
    at: datetime,
) -> None:
    audit.append(
        verb=verb,
        stream=case.version.model.stream,
        subject=override.ref,
        actor=actor.ref,
        at=at,
        facts={
            "request": f"request:{override.request_id}",
            "version": case.version.ref,
            "number": case.version.number,
            "check": override.check_id,
            "expires_date": override.expires_date,
            "digest": override.digest,
            "sign_off": signed.ref,
        },
        records=records,
    )
