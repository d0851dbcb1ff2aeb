"""Judging what a record is to say, before anything of it is written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings

from governance.accounts.models import Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import roles_of
from governance.accounts.rules import Actor, Role
from governance.core.errors import InvalidInput, Problem
from governance.inventory.actions.custom_fields import custom_problems
from governance.inventory.actions.model_record import ModelRecord
from governance.inventory.actions.ratings import PublishedFor, by_hand_problems
from governance.inventory.models import Model
from governance.inventory.queries.around import hands_of
from governance.inventory.queries.questionnaires import published_for
from governance.inventory.rules import (
    Kind,
    Origin,
    Tier,
    class_problems,
    jurisdiction_problems,
    name_problems,
    text_problems,
    tracking_problems,
)

HandsOf = Callable[[Model], Collection[UUID]]
"""Tells who has ever owned or built a model, as `queries.around.hands_of`."""


class RolesOf(Protocol):
    """Tells which roles a person holds in a unit at a moment, as `accounts.queries.roles_of`."""

    def __call__(self, user: User, *, unit: Unit, at: datetime) -> set[Role]: ...


def require_creatable(name: str, unit: Unit, *, actor: Actor, at: datetime) -> None:
    """Raise what refuses a new model of that name there, unless it is that the name is taken."""
    require(actor, Permission.MODEL_CREATE, unit=unit, at=at)
    if problems := list(name_problems(name)):
        raise InvalidInput(*problems)


def require_right(model: Model, record: ModelRecord, *, at: datetime) -> None:
    """Raise InvalidInput for a record with anything wrong in it."""
    if problems := record_problems(model, record, at=at):
        raise InvalidInput(*problems)


def record_problems(
    model: Model,
    record: ModelRecord,
    *,
    at: datetime,
    roles: RolesOf = roles_of,
    published: PublishedFor = published_for,
    hands: HandsOf = hands_of,
) -> list[Problem]:
    """Return what is wrong in the record that is to follow the one the model has.

    `roles` tells who holds which role, `published` which questionnaires ask, `hands` who has
    ever owned or built the model; who judges many records gives those that were read ahead.
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
    problems += _validator_problems(model, record, at=at, roles=roles, hands=hands)
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
    model: Model, record: ModelRecord, *, at: datetime, roles: RolesOf, hands: HandsOf
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
    if person in {record.owner, *record.developers} or person.pk in hands(model):
        message = f"{person.name} has owned or built {model.name}, so does not validate it."
        yield Problem(field="validator", rule="independent", message=message)
