"""Changes of a record. Each appends one entry to the model's own stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

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
from governance.inventory.actions.custom_fields import custom_problems, write_values
from governance.inventory.actions.keeping import require_in_use, require_keeper
from governance.inventory.actions.model_record import ModelRecord, differences
from governance.inventory.actions.ratings import (
    PublishedFor,
    by_hand_problems,
    set_class,
    set_tier,
)
from governance.inventory.actions.revisions import write_revision
from governance.inventory.actions.scopes import scope_anew
from governance.inventory.models import Builder, Model
from governance.inventory.queries import field_label, locked_model, record_values
from governance.inventory.queries.questionnaires import published_for
from governance.inventory.rules import (
    DATES,
    Capacity,
    Kind,
    Origin,
    RecordChanged,
    ScopeCause,
    Tier,
    class_problems,
    jurisdiction_problems,
    name_problems,
    name_taken,
    text_problems,
    tracking_problems,
)
from governance.inventory.rules.model_changes import ChangeAwaitsReview, governed_among


class RolesOf(Protocol):
    """Tells which roles a person holds in a unit at a moment, as `accounts.queries.roles_of`."""

    def __call__(self, user: User, *, unit: Unit, at: datetime) -> set[Role]: ...


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
    require_creatable(name, unit, actor=actor, at=at)
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
    written = apply_record(model, record, actor=actor, at=at) if record else []
    written.append(write_revision(model, actor=actor, at=at))
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
    Appends model.updated. Raises ChangeAwaitsReview for a governed field of a live model, which
    `model_changes.propose_change` asks for, InvalidInput, ModelRetired, NotAPerson, NotTheOwner,
    PermissionMissing, RecordChanged.
    """
    model = locked_model(model)
    require_keeper(model, actor, at)
    before = record_values(model)
    require_base(model, before, base)
    _require_no_review(model, record)
    written = apply_record(model, record, actor=actor, at=at)
    after = record_values(model)
    changed = sorted(key for key in before | after if before.get(key) != after.get(key))
    if not changed:
        return model
    model.updated_at = at
    model.save(update_fields=["updated_at"])
    written.append(write_revision(model, actor=actor, at=at))
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

    Raises ModelRetired, PermissionMissing.
    """
    model = locked_model(model)
    require(actor, Permission.VERSION_REGISTER, unit=model.unit, at=at)
    require_in_use(model)
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


def require_creatable(name: str, unit: Unit, *, actor: Actor, at: datetime) -> None:
    """Raise what refuses a new model of that name there, unless it is that the name is taken."""
    require(actor, Permission.MODEL_CREATE, unit=unit, at=at)
    if problems := list(name_problems(name)):
        raise InvalidInput(*problems)


def require_base(model: Model, values: Mapping[str, object], base: str | None) -> None:
    """Raise RecordChanged unless `base`, where it is given, is the digest of these values."""
    if base is not None and base != digest(values):
        raise RecordChanged(
            f"The record of {model.name} was changed after you opened it.",
            subject=model.ref,
            stream=model.stream,
        )


def _require_no_review(model: Model, record: ModelRecord) -> None:
    if model.live_since is None:
        return
    if governed := governed_among(differences(model, record)):
        words = ", ".join(field_label(field).lower() for field in governed)
        raise ChangeAwaitsReview(
            f"{model.name} is live, so a change of {words} waits for a review. Propose it.",
            subject=model.ref,
            stream=model.stream,
            fields=governed,
        )


def apply_record(model: Model, record: ModelRecord, *, actor: Actor, at: datetime) -> list[Record]:
    """Write the record's fields on the locked model; return the history rows that go with them.

    A part of the actions that change a record. Raises InvalidInput.
    """
    if problems := record_problems(model, record, at=at):
        raise InvalidInput(*problems)
    written: list[Record] = []
    if record.tier is not None and record.tier != model.tier:
        reason = record.tier_reason.strip()
        written.append(set_tier(model, record.tier, reason, actor=actor, at=at))
    if record.ai_act_class and record.ai_act_class != model.ai_act_class:
        written.append(
            set_class(model, record.ai_act_class, record.ai_act_reason.strip(), actor=actor, at=at)
        )
    model.purpose, model.intended_use = record.purpose.strip(), record.intended_use.strip()
    model.kind, model.owner, model.validator = record.kind, record.owner, record.validator
    model.origin, model.tracking_uri = record.origin, record.tracking_uri
    dates = {name: getattr(record, name) for name in DATES}
    for name, value in (record.particulars | dates).items():
        setattr(model, name, value)
    model.jurisdictions = ",".join(sorted(set(record.jurisdictions)))
    model.save()
    model.developers.set(record.developers)
    written += write_values(model, record.custom)
    hands = [(user, Capacity.DEVELOPER) for user in record.developers]
    if record.owner is not None:
        hands.append((record.owner, Capacity.OWNER))
    for user, capacity in hands:
        builder, is_new = Builder.objects.get_or_create(
            model=model, user=user, capacity=capacity, defaults={"since": at}
        )
        written += [builder] if is_new else []
    return written


def record_problems(
    model: Model,
    record: ModelRecord,
    *,
    at: datetime,
    roles: RolesOf = roles_of,
    published: PublishedFor = published_for,
) -> list[Problem]:
    """Return what is wrong in the record that is to follow the one the model has.

    `roles` tells who holds which role, `published` which questionnaires ask; who judges many
    records gives those that were read ahead.
    """
    problems = []
    if record.kind and record.kind not in Kind.values:
        problems.append(Problem(field="kind", rule="choice", message="Choose one of the kinds."))
    if record.origin and record.origin not in Origin.values:
        problems.append(
            Problem(field="origin", rule="choice", message="Choose one of the origins.")
        )
    if record.tier is not None and record.tier not in Tier.values:
        problems.append(Problem(field="tier", rule="choice", message="A tier is 1, 2, 3 or 4."))
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
    problems += by_hand_problems(
        model, tier=record.tier, ai_act_class=record.ai_act_class, published=published
    )
    problems += jurisdiction_problems(record.jurisdictions)
    problems += text_problems(record.particulars)
    problems += custom_problems(model, record.custom, origin=record.origin, tier=record.tier)
    problems += _people_problems(model, record, at=at, roles=roles)
    problems += _validator_problems(model, record, at=at, roles=roles)
    return problems


def _people_problems(
    model: Model, record: ModelRecord, *, at: datetime, roles: RolesOf
) -> list[Problem]:
    problems = []
    if record.owner is None and model.owner_id is not None:
        problems.append(
            Problem(field="owner", rule="required", message="A model once owned keeps an owner.")
        )
    if record.owner is not None and record.owner.pk != model.owner_id:
        held = roles(record.owner, unit=model.unit, at=at)
        if not record.owner.is_active or Role.MODEL_OWNER not in held:
            message = f"{record.owner.name} is not a model owner in {model.unit.name}."
            problems.append(Problem(field="owner", rule="role", message=message))
    return problems


def _validator_problems(
    model: Model, record: ModelRecord, *, at: datetime, roles: RolesOf
) -> Iterator[Problem]:
    """Whoever is assigned holds the role, and has never owned or built the model."""
    person = record.validator
    if person is None:
        return
    if person.pk != model.validator_id and (
        not person.is_active or Role.VALIDATOR not in roles(person, unit=model.unit, at=at)
    ):
        message = f"{person.name} is not a validator in {model.unit.name}."
        yield Problem(field="validator", rule="role", message=message)
    hands = {record.owner, *record.developers}
    if person in hands or Builder.objects.filter(model=model, user=person).exists():
        message = f"{person.name} has owned or built {model.name}, so does not validate it."
        yield Problem(field="validator", rule="independent", message=message)
