"""Reads of waivers: how each stands today, and which hold."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from governance.accounts.rules import Actor
from governance.inventory.models import Model, Waiver
from governance.inventory.models.waivers import WaiverQuerySet
from governance.inventory.rules.waivers import (
    SOON_DAYS,
    WaiverKind,
    WaiverNotFound,
    WaiverState,
    waiver_state,
)


def state_of(waiver: Waiver, *, today: date) -> WaiverState:
    """Say how a waiver stands; read it with `with_all`, or this asks twice."""
    decision = getattr(waiver, "decision", None)
    return waiver_state(
        approved=decision.approved if decision else None,
        is_ended=hasattr(waiver, "end"),
        starts=waiver.starts_date,
        expires=waiver.expires_date,
        today=today,
    )


def is_expiring(waiver: Waiver, *, today: date) -> bool:
    """Tell whether a waiver holds today and ends soon."""
    holds = state_of(waiver, today=today) == WaiverState.IN_FORCE
    return holds and (waiver.expires_date - today).days <= SOON_DAYS


def waiver_by_id(
    waiver_id: UUID, *, actor: Actor, at: datetime, by: datetime | None = None
) -> Waiver:
    """Return the waiver, or raise WaiverNotFound: absent and invisible look alike.

    With `by`, a past moment, as it stood then; one that was asked for later is absent.
    """
    seen = Waiver.objects.visible_to(actor, at=at).with_all(by=by)
    waiver = seen.filter(pk=waiver_id).first()
    if waiver is None:
        raise WaiverNotFound("There is no such waiver.")
    return waiver


def waivers_of(model: Model) -> list[Waiver]:
    """Return every waiver of the model, newest first."""
    rows = Waiver.objects.filter(model=model).with_all()
    return list(rows.order_by("-requested_at", "-pk"))


def waivers_in_force(model: Model, kind: WaiverKind, *, today: date) -> WaiverQuerySet:
    """Return what lets the model off today: none once the last day is over, whoever noticed."""
    return Waiver.objects.in_force(today).filter(model=model, kind=kind)
