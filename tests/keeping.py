"""A second story with a known hour for each act: what is kept beside a model, and who may sign."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from governance.accounts.actions import end_delegation, give_delegation
from governance.accounts.actions.people import edit_user
from governance.accounts.actions.roles import end_role
from governance.accounts.models import Delegation, RoleGrant
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.inventory.actions import end_feeder, propose_change
from governance.inventory.actions.attestations import attest, end_campaign, open_campaign
from governance.inventory.actions.reviews import record_review
from governance.inventory.actions.waivers import approve_waiver, end_waiver, request_waiver
from governance.inventory.models import Campaign, Model, ModelChange, Waiver
from governance.inventory.queries import record_digest
from governance.inventory.rules.model_changes import Rationale
from governance.registry.actions.names import rename_model
from governance.registry.actions.slots import bind_alias, create_slot
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import Cast, later, make_proof

CHAMPION = later(hours=1)
FED = later(hours=2)
ASKED = later(days=1)
APPROVED = later(days=2)
ENDED = later(days=3)
BEFORE_FIRST = later(hours=-1)


@dataclass(frozen=True)
class Kept:
    cast: Cast
    model: Model
    version: ModelVersion
    request: PromotionRequest
    waiver: Waiver
    campaign: Campaign
    change: ModelChange
    slot: Slot
    policy: PolicyVersion
    lent: Delegation


def keep(cast: Cast) -> Kept:
    """Everything is asked on one day, decided on the next, and ended on the third.

    A second version waits for its signatures meanwhile. On the third day the policy is replaced,
    the approver's role ends, the second approver is let go, the champion is archived, and the
    model gets another name.
    """
    f.make_policies(cast)
    model = f.make_model(cast)
    first = f.make_version(cast, model)
    f.make_champion(cast, first, at=CHAMPION)
    feeder = f.make_model(cast, name="feeder")
    dependency = f.make_dependency(cast, feeder=feeder, consumer=model, at=FED)
    version = f.make_version(cast, model, at=FED, artifact="b" * 64)
    request = f.make_ready(cast, version, at=ASKED)
    asked = _asked(cast, model)
    _decided(cast, model, asked)
    f.sign(request, cast.validator, Role.VALIDATOR, at=APPROVED)
    policy = f.make_policy(cast, f.TO_PRODUCTION.replace("0.90", "0.91"), at=ENDED)
    _ended(cast, model, asked)
    end_feeder(dependency=dependency, actor=cast.owner, at=ENDED)
    f.ask(cast, first, Stage.ARCHIVED, at=ENDED)
    rename_model(model=model, name="renamed", actor=cast.owner, at=ENDED)
    model.refresh_from_db()
    return Kept(cast=cast, model=model, version=version, request=request, policy=policy, **asked)


def _asked(cast: Cast, model: Model) -> dict[str, Any]:
    waiver = ask_waiver(model, cast, at=ASKED)
    campaign = open_campaign(
        title="Year end", statement="It is accurate.", unit=cast.root, tiers=[],
        due_date=later(days=30).date(), repeat_months=None, actor=cast.compliance, at=ASKED,
    )  # fmt: skip
    model.refresh_from_db()
    change = propose_change(
        model=model, record=None, actor=cast.owner, at=ASKED,
        rationale=Rationale(kinds=("PLATFORM",), materiality="MINOR", reason="Another cluster."),
    )  # fmt: skip
    lent = give_delegation(
        deputy=cast.second_approver, role=Role.COMPLIANCE, unit=cast.root, starts_at=ASKED,
        ends_at=later(days=20), reason="On leave.", actor=cast.compliance, at=ASKED,
    )  # fmt: skip
    slot = create_slot(model=model, name="eu/second", alias="eu-live", actor=cast.owner, at=ASKED)
    return {
        "waiver": waiver, "campaign": campaign, "change": change, "lent": lent, "slot": slot,
    }  # fmt: skip


def ask_waiver(model: Model, cast: Cast, *, at: datetime) -> Waiver:
    return request_waiver(
        model=model, kind="OVERDUE_REVIEW", waived="The yearly review.", reason="No time.",
        control="Watched monthly.", starts_date=at.date(),
        expires_date=later(days=90).date(), actor=cast.owner, at=at,
    )  # fmt: skip


def _decided(cast: Cast, model: Model, asked: dict[str, Any]) -> None:
    proof = make_proof(cast.compliance, at=APPROVED)
    approve_waiver(
        waiver_id=asked["waiver"].pk, comment="", proof=proof, actor=cast.compliance, at=APPROVED
    )
    digest = record_digest(model)
    attest(
        campaign_id=asked["campaign"].pk, model=model, outcome="ACCURATE", remarks="",
        digest_seen=digest, proof=make_proof(cast.owner, at=APPROVED), actor=cast.owner,
        at=APPROVED,
    )  # fmt: skip
    record_review(
        model=model, outcome="NO_CHANGE", words="As recorded.", digest_seen=digest,
        next_date=later(days=100).date(), actor=cast.validator, at=APPROVED,
    )  # fmt: skip


def _ended(cast: Cast, model: Model, asked: dict[str, Any]) -> None:
    end_waiver(waiver_id=asked["waiver"].pk, reason="Done.", actor=cast.owner, at=ENDED)
    end_campaign(campaign_id=asked["campaign"].pk, actor=cast.compliance, at=ENDED)
    end_delegation(delegation_id=asked["lent"].pk, actor=cast.compliance, at=ENDED)
    bind_alias(slot=asked["slot"], alias="eu-best", actor=cast.owner, at=ENDED)
    grant = RoleGrant.objects.get(user=cast.approver)
    end_role(grant=grant, actor=CONSOLE, at=ENDED)
    away = cast.second_approver
    edit_user(user=away, name=away.name, is_active=False, actor=CONSOLE, at=ENDED)
