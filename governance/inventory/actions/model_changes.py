"""Changing what is live: the owner proposes, somebody independent accepts, then it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from governance.accounts.models import User
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.rules import Actor, NotAPerson
from governance.audit import actions as audit
from governance.audit.actions import Act
from governance.audit.rules import Verb
from governance.core.canonical import admit, canonical
from governance.core.errors import InvalidInput, invalid
from governance.core.models import Record
from governance.core.typed import tidy
from governance.inventory.actions.judging import record_problems, require_right
from governance.inventory.actions.keeping import require_base, require_in_use, require_keeper
from governance.inventory.actions.model_record import ModelRecord, differences, record_with
from governance.inventory.actions.working_out import edit
from governance.inventory.actions.writing import write_all
from governance.inventory.models import ChangeDecision, Model, ModelChange
from governance.inventory.queries import field_label, locked_model, record_values
from governance.inventory.queries.around import around_of
from governance.inventory.queries.model_changes import open_change
from governance.inventory.queries.reviews import require_distance
from governance.inventory.rules.model_changes import (
    ChangeDecided,
    ChangeOpen,
    ChangeOutcome,
    ChangeOvertaken,
    Fields,
    Materiality,
    ModelNotLive,
    NotYourChange,
    Rationale,
    change_digest,
    governed_among,
    kinds_of,
    rationale_problems,
)
from governance.inventory.rules.reviews import TooClose


def awaits_review(model: Model, record: ModelRecord) -> bool:
    """Tell whether saving this record is a change that waits for a review."""
    return model.live_since is not None and bool(governed_among(differences(model, record)))


@transaction.atomic
def propose_change(
    *,
    model: Model,
    record: ModelRecord | None,
    rationale: Rationale,
    actor: Actor,
    at: datetime,
    base: str | None = None,
) -> ModelChange:
    """Ask for a change of a live model; it counts once somebody independent has accepted it.

    `record` is the whole record as it is to be, None for a change that its record does not show;
    `base` is as for `edit_model`. Appends model_change.proposed. Raises ChangeOpen while another
    waits, InvalidInput, ModelNotLive, NotAPerson, and what `edit_model` raises.
    """
    model = locked_model(model)
    require_keeper(model, actor, at)
    if actor.person is None:
        raise NotAPerson("A change is proposed by a person, who answers for it.")
    require_base(model, base)
    _require_live_and_free(model)
    fields = differences(model, record) if record else {}
    problems = record_problems(model, record, at=at) if record else []
    if problems := [*problems, *rationale_problems(rationale, fields)]:
        raise InvalidInput(*problems)
    change = _insert(model, fields, rationale, person=actor.person, at=at)
    _append(Verb.MODEL_CHANGE_PROPOSED, change, [change], actor=actor, at=at)
    return change


@transaction.atomic
def accept_change(
    *,
    change: ModelChange,
    digest_seen: str,
    materiality: str,
    comment: str,
    proof: Proof,
    actor: User,
    at: datetime,
) -> ChangeDecision:
    """Put a change into the record, and say how material it is. Appends model_change.accepted.

    `digest_seen` is of the change that was on the reviewer's screen. Raises ChangeDecided,
    ChangeOvertaken where the record says something else by now than the change starts from,
    InvalidInput, ModelRetired, PermissionMissing, ProofMissing, and TooClose for whoever proposed
    it, owns or builds the model.
    """
    model, change = _locked(change)
    _require_may_decide(model, change, actor, at=at)
    require_in_use(model)
    if digest_seen != change.digest:
        raise ChangeDecided("This is not the change that waits.", **_about(change))
    if materiality not in Materiality.values:
        raise invalid("materiality", "required", "Say whether you find it material or minor.")
    fields = _as_proposed(model, change)
    require_proof(proof, actor=actor, at=at)
    record = record_with(model, fields)
    require_right(model, record, at=at)
    # The database lets a governed field change only with the decision of that moment.
    decision = _decide(
        change, ChangeOutcome.ACCEPTED, comment, proof, materiality, actor=actor, at=at
    )
    worked_out = edit(model, record, around_of(model), actor=actor, at=at)
    if worked_out is None:
        _append(Verb.MODEL_CHANGE_ACCEPTED, change, [decision], actor=actor, at=at)
        return decision
    rows = [decision, *worked_out.act.records]
    act = _act(Verb.MODEL_CHANGE_ACCEPTED, change, rows, actor=actor, at=at)
    write_all([replace(worked_out, act=act)])
    return decision


@transaction.atomic
def decline_change(
    *, change: ModelChange, comment: str, proof: Proof, actor: User, at: datetime
) -> ChangeDecision:
    """Leave the record as it is, with the reason. Appends model_change.declined.

    Raises what `accept_change` raises, and InvalidInput without a comment.
    """
    model, change = _locked(change)
    _require_may_decide(model, change, actor, at=at)
    if not comment.strip():
        raise invalid("comment", "required", "Say why it is declined.")
    require_proof(proof, actor=actor, at=at)
    decision = _decide(change, ChangeOutcome.DECLINED, comment, proof, actor=actor, at=at)
    _append(Verb.MODEL_CHANGE_DECLINED, change, [decision], actor=actor, at=at)
    return decision


@transaction.atomic
def withdraw_change(
    *, change: ModelChange, comment: str, actor: User, at: datetime
) -> ChangeDecision:
    """Take a change back before it is decided, as who proposed it or as the owner.

    Appends model_change.withdrawn. Raises ChangeDecided, NotYourChange.
    """
    _, change = _locked(change)
    if not may_withdraw(change, actor):
        raise NotYourChange(
            "Who proposed a change and the owner of the model withdraw it.", **_about(change)
        )
    _require_open(change)
    decision = _decide(change, ChangeOutcome.WITHDRAWN, comment, None, actor=actor, at=at)
    _append(Verb.MODEL_CHANGE_WITHDRAWN, change, [decision], actor=actor, at=at)
    return decision


def may_withdraw(change: ModelChange, actor: User) -> bool:
    return actor.pk in {change.proposed_by_id, change.model.owner_id}


def _require_live_and_free(model: Model) -> None:
    about = {"subject": model.ref, "stream": model.stream}
    if model.live_since is None:
        raise ModelNotLive(
            f"No version of {model.name} is live. Save its record: nothing waits for a review.",
            **about,
        )
    if waiting := open_change(model):
        raise ChangeOpen(
            f"Change {waiting.number} of {model.name} waits for its review. Have it decided or "
            "withdraw it, then propose another.",
            **about,
            change=waiting.ref,
        )


def _insert(
    model: Model, fields: Fields, said: Rationale, *, person: User, at: datetime
) -> ModelChange:
    newest = model.changes.order_by("-number").values_list("number", flat=True).first()
    reason = audit.write_prose(tidy(said.reason).strip())
    kinds, number = kinds_of(fields, said.kinds), (newest or 0) + 1
    return ModelChange.objects.create(
        model=model,
        number=number,
        content=audit.write_prose(canonical(fields)) if fields else None,
        kinds=kinds,
        materiality=said.materiality,
        reason=reason,
        digest=change_digest(
            model=model.ref,
            number=number,
            fields=fields,
            kinds=kinds,
            materiality=said.materiality,
            reason=reason.digest,
            proposed_by=person.ref,
        ),
        proposed_by=person,
        proposed_at=at,
    )


def _locked(change: ModelChange) -> tuple[Model, ModelChange]:
    """Lock the model, behind which its changes are decided, and read the change then."""
    model = locked_model(change.model)
    found = ModelChange.objects.with_all().get(pk=change.pk)
    found.model = model
    return model, found


def _require_open(change: ModelChange) -> None:
    if hasattr(change, "decision"):
        outcome = ChangeOutcome(change.decision.outcome).label.lower()
        raise ChangeDecided(f"This change was {outcome} already.", **_about(change))


def _require_may_decide(model: Model, change: ModelChange, actor: User, *, at: datetime) -> None:
    require(actor, Permission.CHANGE_DECIDE, unit=model.unit, at=at)
    if change.proposed_by_id == actor.pk:
        raise TooClose("You proposed this change, so somebody else decides.", **_about(change))
    require_distance(model, actor, "decide on its changes")
    _require_open(change)


def _as_proposed(model: Model, change: ModelChange) -> Fields:
    """Return the fields of the change. Raises ChangeOvertaken where one says something else now."""
    fields = change.fields
    if fields is None:
        raise ChangeOvertaken("What this change says was erased.", **_about(change))
    now = record_values(model)
    moved = [name for name, pair in fields.items() if admit(now.get(name, "")) != pair[0]]
    if moved:
        words = ", ".join(field_label(name).lower() for name in moved)
        raise ChangeOvertaken(
            f"The record of {model.name} says something else by now than this change starts from: "
            f"{words}. Decline it, and have it proposed anew.",
            **_about(change),
        )
    return fields


def _decide(
    change: ModelChange,
    outcome: ChangeOutcome,
    comment: str,
    proof: Proof | None,
    materiality: str = "",
    *,
    actor: User,
    at: datetime,
) -> ChangeDecision:
    return ChangeDecision.objects.create(
        change=change,
        outcome=outcome,
        materiality=materiality,
        comment=audit.write_prose(tidy(comment).strip()) if comment.strip() else None,
        decided_by=actor,
        printed_name=audit.write_prose(actor.name),
        proof=proof.method if proof else "",
        decided_at=at,
    )


def _about(change: ModelChange) -> dict[str, str]:
    return {"subject": change.ref, "stream": change.model.stream}


def _append(
    verb: Verb, change: ModelChange, records: Sequence[Record], *, actor: Actor, at: datetime
) -> None:
    audit.append(**vars(_act(verb, change, records, actor=actor, at=at)))


def _act(
    verb: Verb, change: ModelChange, records: Sequence[Record], *, actor: Actor, at: datetime
) -> Act:
    decision = records[0] if isinstance(records[0], ChangeDecision) else None
    return Act(
        verb=verb,
        stream=change.model.stream,
        subject=change.ref,
        actor=actor.ref,
        at=at,
        facts={
            "number": change.number,
            "fields": sorted(change.fields or ()),
            "kinds": change.kinds,
            "materiality": decision.materiality if decision else change.materiality,
            "change": change.digest,
        },
        records=records,
    )
