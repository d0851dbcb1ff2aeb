"""Placing a legal hold on a person or a model, and lifting it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from governance.accounts.actions.units import STREAM
from governance.accounts.models import Hold, HoldEnd, Unit, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.accounts.rules import HoldExists, HoldLifted, why_problems
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput
from governance.core.typed import tidy


@dataclass(frozen=True, kw_only=True)
class Holdable:
    """What a hold can be placed on: its reference, a name, the stream that it is told in."""

    ref: str
    stream: str
    name: str

    @classmethod
    def person(cls, user: User) -> Holdable:
        return cls(ref=user.ref, stream=STREAM, name=user.name)


@transaction.atomic
def place_hold(*, on: Holdable, reason: str, actor: User, at: datetime) -> Hold:
    """Keep everything of a person or a model from being erased. Appends hold.placed.

    Whoever asks for an erasure meanwhile waits, and then finds the hold.
    Raises HoldExists, InvalidInput, PermissionMissing.
    """
    lock_keeping()
    require(actor, Permission.DATA_ERASE, unit=root_unit(), at=at)
    if Hold.objects.standing().filter(subject=on.ref).exists():
        raise HoldExists(f"{on.name} is on hold already.", subject=on.ref, stream=on.stream)
    if problems := list(why_problems(reason)):
        raise InvalidInput(*problems)
    hold = Hold.objects.create(
        subject=on.ref,
        reason=audit.write_prose(tidy(reason).strip()),
        placed_by=actor,
        placed_at=at,
    )
    audit.append(
        verb=Verb.HOLD_PLACED,
        stream=on.stream,
        subject=on.ref,
        actor=actor.ref,
        at=at,
        facts={"hold": hold.ref},
        records=[hold],
    )
    return hold


@transaction.atomic
def lift_hold(*, hold_id: UUID, reason: str, actor: User, at: datetime) -> HoldEnd:
    """End a hold; that there was one stays on record. Appends hold.lifted.

    Raises HoldLifted, InvalidInput, PermissionMissing.
    """
    lock_keeping()
    require(actor, Permission.DATA_ERASE, unit=root_unit(), at=at)
    hold = Hold.objects.get(pk=hold_id)
    if HoldEnd.objects.filter(hold=hold).exists():
        raise HoldLifted("This hold was lifted already.", subject=hold.subject)
    if problems := list(why_problems(reason)):
        raise InvalidInput(*problems)
    end = HoldEnd.objects.create(
        hold=hold, reason=audit.write_prose(tidy(reason).strip()), lifted_by=actor, lifted_at=at
    )
    audit.append(
        verb=Verb.HOLD_LIFTED,
        # Of a person it is told in accounts, of a model in the model's own stream.
        stream=STREAM if hold.subject.startswith(f"{User.REF}:") else hold.subject,
        subject=hold.subject,
        actor=actor.ref,
        at=at,
        facts={"hold": hold.ref},
        records=[end],
    )
    return end


def lock_keeping() -> None:
    """Let erasures and holds go one after another, so that neither slips in beside the other."""
    Unit.objects.select_for_update().filter(pk=root_unit().pk).first()
