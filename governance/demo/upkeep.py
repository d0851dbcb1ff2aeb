"""Reviews, attestations, changes and waivers of the demo, through the actions that people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from governance.accounts.models import Unit, User
from governance.accounts.proof import Proof
from governance.core.wording import as_date
from governance.demo.people import read
from governance.inventory.actions import (
    ModelRecord,
    accept_change,
    decline_change,
    propose_change,
)
from governance.inventory.actions.attestations import attest, end_campaign, open_campaign
from governance.inventory.actions.reviews import record_review
from governance.inventory.actions.waivers import approve_waiver, request_waiver
from governance.inventory.models import Campaign, Model
from governance.inventory.queries import record_digest
from governance.inventory.rules.model_changes import Rationale

Person = Callable[[str], User]
Prove = Callable[[User, datetime], Proof]


def keep_up(unit: Unit, *, person: Person, prove: Prove, now: datetime) -> None:
    """Have reviews recorded, campaigns half attested, changes proposed, and waivers asked for."""
    data = read("upkeep.yaml")
    for said in data["reviews"]:
        _review(said, person=person, at=_ago(now, said))
    for said in data["campaigns"]:
        _campaign(said, unit=unit, person=person, prove=prove, at=_ago(now, said))
    for said in data["changes"]:
        _change(said, person=person, prove=prove, at=_ago(now, said))
    for said in data["waivers"]:
        _waive(said, person=person, prove=prove, at=_ago(now, said), now=now)


def _ago(now: datetime, said: Mapping[str, Any]) -> datetime:
    return now - timedelta(days=said["days_ago"])


def _review(said: Mapping[str, Any], *, person: Person, at: datetime) -> None:
    model = Model.objects.get(name=said["model"])
    record_review(
        model=model,
        outcome=said["outcome"],
        words=said["words"],
        digest_seen=record_digest(model),
        next_date=as_date(at) + timedelta(days=said["next_after"]),
        actor=person(said["by"]),
        at=at,
    )


def _campaign(
    said: Mapping[str, Any], *, unit: Unit, person: Person, prove: Prove, at: datetime
) -> None:
    campaign = open_campaign(
        title=said["title"],
        statement=said["statement"],
        unit=unit,
        tiers=said["tiers"],
        due_date=as_date(at) + timedelta(days=said["due_after"]),
        repeat_months=said.get("repeat_months"),
        actor=person(said["by"]),
        at=at,
    )
    for one in said["attested"]:
        _attest(campaign, one, prove=prove, at=at + timedelta(days=one["after"]))
    if "ended_after" in said:
        then = at + timedelta(days=said["ended_after"])
        end_campaign(campaign_id=campaign.pk, actor=person(said["by"]), at=then)


def _attest(campaign: Campaign, said: Mapping[str, Any], *, prove: Prove, at: datetime) -> None:
    model = Model.objects.select_related("owner").get(name=said["model"])
    owner = model.owner
    assert owner is not None
    attest(
        campaign_id=campaign.pk,
        model=model,
        outcome=said.get("outcome", "ACCURATE"),
        remarks=said.get("remarks", ""),
        digest_seen=record_digest(model),
        proof=prove(owner, at),
        actor=owner,
        at=at,
    )


def _change(said: Mapping[str, Any], *, person: Person, prove: Prove, at: datetime) -> None:
    model = Model.objects.get(name=said["model"])
    changed = said.get("changed", {})
    change = propose_change(
        model=model,
        record=replace(ModelRecord.of(model), **changed) if changed else None,
        rationale=Rationale(
            kinds=said.get("kinds", ()), materiality=said["materiality"], reason=said["reason"]
        ),
        actor=person(said["by"]),
        at=at,
    )
    if decided := said.get("decided"):
        decider, then = person(decided["by"]), at + timedelta(days=decided["after"])
        given = {"comment": decided["comment"], "proof": prove(decider, then)}
        if as_ := decided.get("as"):
            accept_change(
                change=change, digest_seen=change.digest, materiality=as_, actor=decider,
                at=then, **given,
            )  # fmt: skip
        else:
            decline_change(change=change, actor=decider, at=then, **given)


def _waive(
    said: Mapping[str, Any], *, person: Person, prove: Prove, at: datetime, now: datetime
) -> None:
    waiver = request_waiver(
        model=Model.objects.get(name=said["model"]),
        kind=said["kind"],
        waived=said["waived"],
        reason=said["reason"],
        control=said["control"],
        starts_date=as_date(at),
        expires_date=as_date(now) + timedelta(days=said["through"]),
        actor=person(said["by"]),
        at=at,
    )
    if decided := said.get("decided"):
        decider, then = person(decided["by"]), at + timedelta(days=decided["after"])
        approve_waiver(
            waiver_id=waiver.pk,
            comment=decided["comment"],
            proof=prove(decider, then),
            actor=decider,
            at=then,
        )
