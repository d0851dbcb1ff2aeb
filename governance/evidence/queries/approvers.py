"""Who could approve at a moment, as a document: for pages, programs and packs alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.accounts.models import Delegation, RoleGrant
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.approvers import (
    Approvers,
    Place,
    Seat,
    approvers_now,
    approvers_then,
)
from governance.approvals.queries.cases import RequestNotFound
from governance.approvals.queries.past import requests_at
from governance.approvals.rules.explanations import DUTIES
from governance.approvals.rules.judgement import RequestState
from governance.core.canonical import timestamp
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage, VersionNotFound

FORMAT = "countersign.approvers/1"


def who_could_approve(
    model: Model,
    *,
    request_id: UUID | None = None,
    number: int | None = None,
    at: datetime,
    by: datetime | None = None,
) -> Approvers:
    """Return who can approve, or could at the past moment `by`.

    Of the request that is asked for, or of the version with that number. With neither it is of the
    request for Production that was opened last and stood open, else of the newest version. Raises
    RequestNotFound, VersionNotFound for what was not there by then either.
    """
    rows = PromotionRequest.objects.filter(model=model).with_version()
    asked = rows.filter(opened_at__lte=by) if by else rows
    request = asked.filter(pk=request_id).first() if request_id else None
    if request_id and request is None:
        raise RequestNotFound("There was no such request of this model.")
    if not request_id and number is None:
        request = _open_one(asked.order_by("-opened_at", "-pk"), by or at)
    version = None if request else _version(model, number, by)
    if request is None and number is not None and version is None:
        raise VersionNotFound("There was no such version of this model.")
    if by is None:
        return approvers_now(model, version=version, request=request, at=at)
    return approvers_then(model, version=version, request=request, moment=by)


def _open_one(asked: Any, moment: datetime) -> PromotionRequest | None:
    rows = requests_at(asked.filter(target=Stage.PRODUCTION), moment)
    return next((one.request for one in rows if one.standing == RequestState.OPEN), None)


def _version(model: Model, number: int | None, by: datetime | None) -> ModelVersion | None:
    rows = model.versions.filter(registered_at__lte=by) if by else model.versions.all()
    wanted = rows.filter(number=number) if number is not None else rows
    version = wanted.order_by("-number").first()
    if version is not None:
        version.model = model
    return version


def approvers_document(found: Approvers) -> dict[str, Any]:
    """Return the whole answer as plain values, of which `canonical` makes one text.

    People are references: their names stand where they can be erased.
    """
    request, case = found.request, found.case
    return {
        "format": FORMAT,
        "model": found.model.ref,
        "unit": found.model.unit.path,
        "version": found.version.number if found.version else None,
        "request": request.ref if request else None,
        "standing": str(found.standing) if found.standing else None,
        "policy": {"ref": case.policy.ref, "key": case.policy.key, "number": case.policy.number}
        if case
        else None,
        "dossier_digest": case.digest if case and request else None,
        "why_none": found.why_none,
        "could_sign": sorted({seat.person.ref for seat in found.could_sign}),
        "places": [_place(place) for place in found.places],
        "roles": _roles(found.grants),
        "delegations": _delegations(found.lent),
    }


def _place(place: Place) -> dict[str, Any]:
    need = place.state.need
    return {
        "roles": [str(role) for role in need.roles],
        "step": need.step,
        "asked": need.count,
        "missing": max(place.state.missing, 0),
        "seats": [_seat(seat) for seat in place.seats],
    }


def _seat(seat: Seat) -> dict[str, Any]:
    return {
        "person": seat.person.ref,
        "role": str(seat.role),
        "in_name_of": seat.in_name_of.ref if seat.in_name_of else None,
        "rests_on": list(seat.rests_on),
        "barred": [
            {"rule": bar.rule, "reason": DUTIES[bar.rule], "records": sorted(bar.rests_on)}
            for bar in seat.bars
        ],
    }


def _roles(grants: Sequence[RoleGrant]) -> list[dict[str, Any]]:
    rows = sorted(grants, key=lambda one: (str(one.user_id), one.role, one.ref))
    return [
        {
            "person": f"user:{row.user_id}",
            "role": row.role,
            "unit": row.unit.path,
            "since": timestamp(row.starts_at),
            "until": timestamp(row.ends_at) if row.ends_at else None,
            "grant": row.ref,
        }
        for row in rows
    ]


def _delegations(lent: Sequence[Delegation]) -> list[dict[str, Any]]:
    return [
        {
            "person": f"user:{row.deputy_id}",
            "in_name_of": f"user:{row.delegator_id}",
            "role": row.role,
            "unit": row.unit.path,
            "since": timestamp(row.starts_at),
            "until": timestamp(row.ends_at),
            "delegation": row.ref,
        }
        for row in sorted(lent, key=lambda one: (one.given_at, one.ref))
    ]
