"""Acts after the demo's own that make untrue what pages of the past must still say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from governance.accounts.actions import end_delegation, grant_role
from governance.accounts.actions.people import edit_user
from governance.accounts.actions.roles import end_role
from governance.accounts.models import Delegation, RoleGrant, User
from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy, sign_policy
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import Decision
from governance.core.wording import as_date
from governance.inventory.actions import decline_change
from governance.inventory.actions.attestations import end_campaign
from governance.inventory.actions.dependencies import end_feeder
from governance.inventory.actions.reviews import record_review
from governance.inventory.actions.waivers import end_waiver
from governance.inventory.models import Campaign, Dependency, Model, ModelChange, Waiver
from governance.inventory.queries import record_digest
from governance.inventory.queries.reviews import longest_until
from governance.registry.actions import label_version
from governance.registry.actions.slots import bind_alias, create_slot
from tests.factories import make_proof


@dataclass
class Teller:
    """Does one act a minute, and after what concerns signers one on the model they sign for."""

    now: datetime
    request: PromotionRequest

    def __post_init__(self) -> None:
        self.ticks: Iterator[datetime] = (
            self.now + timedelta(hours=1, minutes=minute) for minute in count()
        )
        self.marks = count(1)

    def tick(self) -> datetime:
        return next(self.ticks)

    def look(self) -> None:
        """Have something entered in the model's stream, so that its facts are put down."""
        version = self.request.version
        label = f"9.0.{next(self.marks)}"
        label_version(version=version, label=label, actor=version.registered_by, at=self.tick())


def person(name: str) -> User:
    return User.objects.get(name=name)


def what_people_end(now: datetime) -> None:
    """Roles, seats, accounts, policies, waivers, feeders, campaigns, changes: ended or replaced."""
    request = PromotionRequest.objects.open().with_version().order_by("-opened_at").first()
    assert request is not None
    told = Teller(now, request)
    told.look()
    about_people(told)
    about_policies(told)
    about_models(told)


def about_people(told: Teller) -> None:
    hanna, sofia, daniel = map(person, ("Hanna Vogel", "Sofia Marchetti", "Daniel Brandt"))
    end_delegation(delegation_id=Delegation.objects.get().pk, actor=sofia, at=told.tick())
    told.look()
    for is_active in (False, True):
        edit_user(user=daniel, name=daniel.name, is_active=is_active, actor=hanna, at=told.tick())
        told.look()
    grant = RoleGrant.objects.get(user=sofia)
    end_role(grant=grant, actor=hanna, at=told.tick())
    told.look()
    at = told.tick()
    grant_role(user=sofia, role=Role.VALIDATOR, unit=grant.unit, starts_at=at, actor=hanna, at=at)
    told.look()


def about_policies(told: Teller) -> None:
    row = PolicyVersion.objects.in_force().get(key=current_key(told.request))
    for decision in (Decision.REJECT, Decision.APPROVE):
        text = row.text.replace("title: ", f"title: {decision.label} ", 1)
        propose(told, text, decision)
        told.look()


def current_key(request: PromotionRequest) -> str:
    """The policy under which the request stands."""
    return case_of(request, at=request.opened_at).policy.key


def propose(told: Teller, text: str, decision: Decision) -> None:
    row = propose_policy(text=text, actor=person("Ingrid Solheim"), at=told.tick())
    for name in ("Daniel Brandt", "Henrik Lindqvist"):
        signer, at = person(name), told.tick()
        row.refresh_from_db()
        if row.ended_at is None:
            sign_policy(
                policy_id=row.pk, decision=decision, digest_seen=row.digest, comment="As said.",
                proof=make_proof(signer, at=at), actor=signer, at=at,
            )  # fmt: skip


def about_models(told: Teller) -> None:
    waiver = Waiver.objects.in_force(as_date(told.now)).order_by("requested_at").first()
    assert waiver
    end_waiver(waiver_id=waiver.pk, reason="Over.", actor=waiver.requested_by, at=told.tick())
    feeder = Dependency.objects.current().with_models().order_by("added_at").first()
    assert feeder
    assert feeder.consumer.owner
    end_feeder(dependency=feeder, actor=feeder.consumer.owner, at=told.tick())
    ingrid = person("Ingrid Solheim")
    campaign = Campaign.objects.open().get()
    end_campaign(campaign_id=campaign.pk, actor=ingrid, at=told.tick())
    decline(told)
    review(told, Model.objects.get(name="card-fraud-gbm"))
    bind(told)


def decline(told: Teller) -> None:
    henrik, at = person("Henrik Lindqvist"), told.tick()
    decline_change(
        change=ModelChange.objects.open().get(), comment="Not now.",
        proof=make_proof(henrik, at=at), actor=henrik, at=at,
    )  # fmt: skip


def review(told: Teller, model: Model) -> None:
    at = told.tick()
    said: dict[str, Any] = {"outcome": "NO_CHANGE", "words": "As recorded."}
    record_review(
        model=model, digest_seen=record_digest(model), actor=person("Yusuf Demir"), at=at,
        next_date=longest_until(model, today=as_date(at)), **said,
    )  # fmt: skip


def bind(told: Teller) -> None:
    model = told.request.version.model
    assert model.owner
    owner: dict[str, Any] = {"actor": model.owner}
    slot = create_slot(model=model, name="eu/later", alias="soon", at=told.tick(), **owner)
    bind_alias(slot=slot, alias="sooner", at=told.tick(), **owner)
    bind_alias(slot=slot, alias="", at=told.tick(), **owner)
