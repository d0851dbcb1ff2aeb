"""What is put down while the demo's past is lived through: now with `by=None`, or as it was.

Of a model, and of what belongs to the whole firm: policies, roles, seats that are lent, campaigns.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from governance.accounts.models import RoleGrant, Unit, User
from governance.accounts.queries import delegations_in
from governance.accounts.queries.past import seats_at
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.past import requests_at
from governance.approvals.queries.policies import (
    policies_in_force,
    policy_sign_offs,
    policy_versions,
)
from governance.approvals.rules.judgement import RequestState
from governance.core.instants import Instant
from governance.core.wording import as_date
from governance.evidence.queries.approvers import approvers_document, who_could_approve
from governance.inventory.models import Campaign, Model, Review, Waiver
from governance.inventory.queries import (
    consumers_directly,
    consumers_of,
    feeders_directly,
    feeders_of,
)
from governance.inventory.queries.attestations import is_over, progress_of
from governance.inventory.queries.model_changes import changes_of
from governance.inventory.queries.reviews import review_standings
from governance.inventory.queries.scopes import latest_scope
from governance.inventory.queries.waivers import state_of
from governance.portal.pages.accounts import unit_roles
from governance.portal.pages.assessments import standing_page
from governance.portal.pages.delegations import delegations_page
from governance.portal.pages.past_assessments import standing_then
from governance.portal.pages.slots import slot_page

Facts = dict[str, Any]


def reader() -> User:
    """Sees every model, and gives every role."""
    return User.objects.get(name="Ingrid Solheim")


def instant(moment: datetime) -> Instant:
    return Instant(text=moment.isoformat(), moment=moment)


def model_facts(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    """What stands beside a model: what is let off, due, changed, fed, and who signs."""
    asked = PromotionRequest.objects.filter(model=model).with_version().order_by("number")
    known = model.versions.filter(registered_at__lte=by) if by else model.versions
    newest = known.order_by("-number").first()
    scope = latest_scope(model, by=by)
    return {
        "waivers": waivers(model, at=at, by=by),
        "review": review(model, at=at, by=by),
        "changes": changes(model, by=by),
        "fed": fed(model, at=at, by=by),
        "scope": scope.number if scope else None,
        "assessed": assessed(model, at=at, by=by),
        "slots": slots(model, at=at, by=by),
        "signers": {row.number: signers(model, row, at=at, by=by) for row in open_ones(asked, by)},
        "ahead": ahead(model, newest.number, at=at, by=by) if newest else None,
    }


def assessed(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    page = standing_then(model, instant(by)) if by else standing_page(model, reader=reader(), at=at)
    return {
        "determination": str(page.determination.pk) if page.determination else None,
        "tier": page.tier,
        "rating": str(page.rating.pk) if page.rating else None,
        "class": str(page.class_rating.pk) if page.class_rating else None,
        "override": str(page.override.pk) if page.override else None,
        "past": sorted((one.at, one.matter, one.result) for one in page.past),
    }


def waivers(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    rows = Waiver.objects.filter(model=model).with_all(by=by)
    return {str(row.pk): str(state_of(row, today=as_date(at))) for row in rows}


def review(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    (one,) = review_standings([model], today=as_date(at), by=by)
    made = Review.objects.filter(model=model)
    return {
        "due": one.due_date,
        "last": str(one.last.pk) if one.last else None,
        "waived": one.waived_until,
        "made": (made.filter(reviewed_at__lte=by) if by else made).count(),
    }


def ref_of(person: User | None) -> str:
    return person.ref if person else ""


def changes(model: Model, *, by: datetime | None) -> Facts:
    rows = changes_of(model, by=by)
    return {str(row.number): getattr(getattr(row, "decision", None), "outcome", "") for row in rows}


def fed(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    asked: Facts = {"actor": reader(), "at": at, "by": by}
    near = [*feeders_directly(model, **asked).rows, *consumers_directly(model, **asked).rows]
    far = [*feeders_of(model, **asked).found, *consumers_of(model, **asked).found]
    return {
        "near": sorted(str(row.pk) for row in near),
        "far": sorted((str(one.model.pk), one.distance) for one in far),
    }


def slots(model: Model, *, at: datetime, by: datetime | None) -> Facts:
    when = instant(by) if by else None
    rows = model.slots.filter(created_at__lte=by) if by else model.slots.all()
    pages = {row.name: slot_page(row, reader=reader(), at=at, instant=when) for row in rows}
    return {
        name: {"alias": page.alias, "verdict": page.verdict, "before": len(page.past)}
        for name, page in pages.items()
    }


def open_ones(asked: Iterable[PromotionRequest], by: datetime | None) -> list[PromotionRequest]:
    if by is None:
        return [row for row in asked if row.standing == RequestState.OPEN]
    return [one.request for one in requests_at(asked, by) if one.standing == RequestState.OPEN]


def signers(model: Model, request: PromotionRequest, *, at: datetime, by: datetime | None) -> Facts:
    """Everything that is said of who could sign: dossier, policy, seats, bars and their records."""
    found = who_could_approve(model, request_id=request.pk, at=at, by=by)
    assert found.case or found.why_none
    return approvers_document(found)


def ahead(model: Model, number: int, *, at: datetime, by: datetime | None) -> Facts:
    return approvers_document(who_could_approve(model, number=number, at=at, by=by))


def firm_facts(*, at: datetime, by: datetime | None) -> Facts:
    """What belongs to nobody's model."""
    return {
        "policies": policies(by=by),
        "in_force": [policy.ref for policy in policies_in_force(by=by)],
        "roles": roles(at=at, by=by),
        "lent": {person.name: lent(person, at=at, by=by) for person in everybody(by)},
        "seats": seats(at=at, by=by),
        "campaigns": campaigns(at=at, by=by),
    }


def everybody(by: datetime | None) -> list[User]:
    people = User.objects.order_by("name", "pk")
    return list(people.filter(created_at__lte=by) if by else people)


def policies(*, by: datetime | None) -> Facts:
    return {
        str(row): [
            str(row.state_at(by)),
            [str(one.signer_id) for one in policy_sign_offs(row, by=by)],
        ]
        for row in policy_versions(by=by)
    }


def roles(*, at: datetime, by: datetime | None) -> Facts:
    """By unit, who holds what, as the page of people says."""
    admin = User.objects.filter(name="Hanna Vogel").first()
    if admin is None or not admin.grants.at(at).exists():
        return {}
    found = unit_roles(admin, at=at, instant=instant(by) if by else None)
    return {
        one.unit.path: [
            (grant.user.name, grant.role, grant.user_id in one.active) for grant in one.grants
        ]
        for one in found
    }


def lent(person: User, *, at: datetime, by: datetime | None) -> Facts:
    page = delegations_page(person, at=at, instant=instant(by) if by else None)
    return {str(one.row.pk): one.state for one in page.lent}


def seats(*, at: datetime, by: datetime | None) -> Facts:
    """By unit, the grants and the delegations that reach it."""
    found: Facts = {}
    for unit in Unit.objects.order_by("path"):
        if by:
            then = seats_at(unit, by)
            found[unit.path] = sorted(row.ref for row in (*then.grants, *then.lent))
        else:
            reach = [
                row
                for row in RoleGrant.objects.at(at).filter(user__is_active=True)
                if f"{unit.path}/".startswith(f"{row.unit.path}/")
            ]
            found[unit.path] = sorted(row.ref for row in (*reach, *delegations_in(unit, at=at)))
    return found


def campaigns(*, at: datetime, by: datetime | None) -> Facts:
    """How far each had come: what was attested last of which model, and who owned it."""
    rows = list(Campaign.objects.with_all(by=by).order_by("opened_at"))
    found = progress_of(rows, actor=reader(), at=at, today=as_date(at), by=by) if rows else []
    return {
        one.campaign.title: {
            "over": is_over(one.campaign),
            **{
                row.told.name: (
                    str(row.newest.pk) if row.newest else "",
                    row.told.tier,
                    ref_of(row.told.owner),
                )
                for row in one.rows
            },
        }
        for one in found
    }
