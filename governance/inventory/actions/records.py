"""Changes of a record. Each appends one entry to the model's own stream."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import roles_of
from governance.accounts.rules import Actor, Role
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.canonical import digest
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record, insert_unique
from governance.inventory.actions.assessments import assess_class, assess_tier
from governance.inventory.actions.scopes import scope_anew
from governance.inventory.models import Builder, Model
from governance.inventory.queries import locked_model, record_values
from governance.inventory.rules import (
    Capacity,
    Kind,
    NotTheOwner,
    RecordChanged,
    ScopeCause,
    Tier,
    class_problems,
    jurisdiction_problems,
    name_problems,
    name_taken,
    tracking_problems,
)


@dataclass(frozen=True, kw_only=True)
class ModelRecord:
    """What an owner keeps about a model.

    `tier_reason` is needed when the tier changes, `ai_act_reason` when the class does.
    `jurisdictions` are two-letter codes.
    """

    purpose: str = ""
    intended_use: str = ""
    kind: str = ""
    owner: User | None = None
    developers: Sequence[User] = field(default_factory=tuple)
    tier: int | None = None
    tier_reason: str = ""
    ai_act_class: str = ""
    ai_act_reason: str = ""
    jurisdictions: Sequence[str] = field(default_factory=tuple)
    tracking_uri: str = ""


@transaction.atomic
def create_model(
    *,
    name: str,
    unit: Unit,
    actor: Actor,
    at: datetime,
    description: str = "",
    record: ModelRecord | None = None,
) -> Model:
    """Add a model to the inventory, as a draft unless `record` is given. Appends model.created.

    Raises InvalidInput (rule `unique` when the name is taken, also by a model the actor cannot
    see), NotAPerson for a tier that nobody answers for, PermissionMissing.
    """
    require(actor, Permission.MODEL_CREATE, unit=unit, at=at)
    if problems := list(name_problems(name)):
        raise InvalidInput(*problems)
    if Model.objects.filter(name=name).exists():
        raise name_taken(name)
    model = Model(
        name=name,
        description=description,
        unit=unit,
        created_by=actor.ref,
        created_at=at,
        updated_at=at,
    )
    insert_unique(model, taken=name_taken(name))
    written = _apply(model, record, actor=actor, at=at) if record else []
    written += scope_anew(model, at=at, cause=ScopeCause.CREATED)
    audit.append(
        verb=Verb.MODEL_CREATED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts=admissible({"name": name, "unit": unit.ref, "tier": model.tier}),
        records=[model, *written],
    )
    return model


@transaction.atomic
def edit_model(
    *, model: Model, record: ModelRecord, actor: Actor, at: datetime, base: str | None = None
) -> Model:
    """Set the record of a model to `record`; nothing is appended when nothing differs.

    `base` is the digest of the record that was on the editor's screen (queries.record_digest).
    Appends model.updated. Raises InvalidInput, NotAPerson, NotTheOwner, PermissionMissing,
    RecordChanged.
    """
    model = locked_model(model)
    require(actor, Permission.MODEL_EDIT, unit=model.unit, at=at)
    _require_ownership(model, actor)
    before = record_values(model)
    if base is not None and base != digest(before):
        raise RecordChanged(
            f"The record of {model.name} was changed after you opened it.",
            subject=model.ref,
            stream=model.stream,
        )
    written = _apply(model, record, actor=actor, at=at)
    changed = sorted(key for key, value in record_values(model).items() if before[key] != value)
    if not changed:
        return model
    model.updated_at = at
    model.save(update_fields=["updated_at"])
    written += scope_anew(model, at=at, cause=ScopeCause.RECORD)
    audit.append(
        verb=Verb.MODEL_UPDATED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={"changed": changed, "tier": model.tier},
        records=[model, *written],
    )
    return model


@transaction.atomic
def describe_model(*, model: Model, description: str, actor: Actor, at: datetime) -> Model:
    """Set MLflow's free description. Appends model.described; nothing when it is the same.

    Raises PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    if model.description == description:
        return model
    model.description, model.updated_at = description, at
    model.save(update_fields=["description", "updated_at"])
    audit.append(
        verb=Verb.MODEL_DESCRIBED,
        stream=model.stream,
        subject=model.ref,
        actor=actor.ref,
        at=at,
        facts={},
        records=[model],
    )
    return model


def _require_ownership(model: Model, actor: Actor) -> None:
    """Refuse anybody but the owner, unless there is none who could still sign in."""
    owner = model.owner
    if owner is not None and owner.is_active and actor.ref != owner.ref:
        raise NotTheOwner(
            f"{owner.name} owns {model.name}; only they change its record.",
            subject=model.ref,
            stream=model.stream,
        )


def _apply(model: Model, record: ModelRecord, *, actor: Actor, at: datetime) -> list[Record]:
    """Write the record's fields; return the history rows that go with them."""
    _check(model, record, at=at)
    written: list[Record] = []
    if record.tier is not None and record.tier != model.tier:
        reason = record.tier_reason.strip()
        written.append(assess_tier(model, record.tier, reason, actor=actor, at=at))
    if record.ai_act_class and record.ai_act_class != model.ai_act_class:
        written.append(
            assess_class(
                model, record.ai_act_class, record.ai_act_reason.strip(), actor=actor, at=at
            )
        )
    model.purpose, model.intended_use = record.purpose.strip(), record.intended_use.strip()
    model.kind, model.owner = record.kind, record.owner
    model.tracking_uri = record.tracking_uri
    model.jurisdictions = ",".join(sorted(set(record.jurisdictions)))
    model.save()
    model.developers.set(record.developers)
    hands = [(user, Capacity.DEVELOPER) for user in record.developers]
    if record.owner is not None:
        hands.append((record.owner, Capacity.OWNER))
    for user, capacity in hands:
        builder, is_new = Builder.objects.get_or_create(
            model=model, user=user, capacity=capacity, defaults={"since": at}
        )
        written += [builder] if is_new else []
    return written


def _check(model: Model, record: ModelRecord, *, at: datetime) -> None:
    problems = []
    if record.kind and record.kind not in Kind.values:
        problems.append(Problem(field="kind", rule="choice", message="Choose one of the kinds."))
    if record.tier is not None and record.tier not in Tier.values:
        problems.append(Problem(field="tier", rule="choice", message="A tier is 1, 2 or 3."))
    if record.tier is None and model.tier is not None:
        problems.append(
            Problem(field="tier", rule="required", message="A tier once set cannot be cleared.")
        )
    if record.tier != model.tier and record.tier is not None and not record.tier_reason.strip():
        problems.append(
            Problem(
                field="tier_reason", rule="required", message="Say why the model has this tier."
            )
        )
    if record.tracking_uri and record.tracking_uri != model.tracking_uri:
        problems += tracking_problems(record.tracking_uri, allowed=settings.TRACKING_HOSTS)
    problems += class_problems(
        record.ai_act_class, reason=record.ai_act_reason, before=model.ai_act_class
    )
    problems += jurisdiction_problems(record.jurisdictions)
    problems += _people_problems(model, record, at=at)
    if problems:
        raise InvalidInput(*problems)


def _people_problems(model: Model, record: ModelRecord, *, at: datetime) -> list[Problem]:
    problems = []
    if record.owner is None and model.owner_id is not None:
        problems.append(
            Problem(field="owner", rule="required", message="A model once owned keeps an owner.")
        )
    if record.owner is not None and record.owner.pk != model.owner_id:
        roles = roles_of(record.owner, unit=model.unit, at=at)
        if not record.owner.is_active or Role.MODEL_OWNER not in roles:
            message = f"{record.owner.name} is not a model owner in {model.unit.name}."
            problems.append(Problem(field="owner", rule="role", message=message))
    return problems
