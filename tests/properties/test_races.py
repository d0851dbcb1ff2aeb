"""Many at once for one slot: exactly one gets it, and the ledger stays whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_canary, ask_for_stage
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import RequestState
from governance.audit.verification import verify
from governance.core.errors import DomainError
from governance.inventory.models import Model
from governance.registry.actions.deployments import report_deployment
from governance.registry.actions.slots import assign_role, create_slot, end_role
from governance.registry.models import DeploymentReport, ModelVersion, Slot, SlotAssignment
from governance.registry.rules import SlotRole, Stage
from governance.registry.rules.deployments import Running
from tests import factories as f

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 16
LONG = os.environ.get("PROFILE") == "long"
SLOTS = ["primary"] * (20 if LONG else 2) + ["eu-retail/primary"] * (20 if LONG else 1)


def at_once(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """Run `work(0..count-1)` in as many threads, let go together; refusals are returned."""
    gate = Barrier(count)

    def one(index: int) -> Any:
        try:
            gate.wait(timeout=30)
            return work(index)
        except DomainError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count), timeout=120))


def champions(model: Model) -> int:
    return SlotAssignment.objects.current().filter(slot__model=model).count()


def chain_is_whole() -> bool:
    return verify().intact


@pytest.fixture
def cast() -> f.Cast:
    cast = f.make_cast()
    f.make_policies(cast)
    return cast


def make_contenders(cast: f.Cast, model: Model, slot: Slot | None = None) -> None:
    """As many versions as threads, each one approver's signature away from the slot."""
    for index in range(THREADS):
        version = f.make_version(cast, model, artifact=f"{index:064x}")
        request = f.make_ready(cast, version) if slot is None else in_slot(cast, version, slot)
        f.sign(request, cast.validator, Role.VALIDATOR)


def in_slot(
    cast: f.Cast, version: ModelVersion, slot: Slot, share: int | None = None
) -> PromotionRequest:
    """Bring a version to Staging and ask for the slot, or for a share of its traffic."""
    if version.stage == Stage.DRAFT:
        f.make_card(cast, version)
        f.make_report(cast, version)
        f.ask(cast, version, Stage.STAGING)
        version.refresh_from_db()
    facts: dict[str, Any] = {"version": version, "slot": slot, "actor": cast.owner, "at": f.NOON}
    asked = (
        ask_for_canary(share=share, **facts)
        if share
        else ask_for_stage(target=Stage.PRODUCTION, **facts)
    )
    assert asked.request is not None
    return asked.request


@pytest.mark.parametrize("place", SLOTS)
def test_one_slot_gets_one_champion(cast: f.Cast, place: str) -> None:
    model = f.make_model(cast)
    slot = (
        None
        if place == "primary"
        else create_slot(model=model, name=place, actor=cast.owner, at=f.NOON)
    )
    make_contenders(cast, model, slot)
    requests = list(PromotionRequest.objects.open().with_version())
    seen = [case_of(request, at=f.NOON).digest for request in requests]

    def approve(index: int) -> Any:
        signer = (cast.approver, cast.second_approver)[index % 2]
        return f.sign(requests[index], signer, Role.APPROVER, digest=seen[index])

    answers = at_once(approve)

    signed = [answer for answer in answers if isinstance(answer, SignOff)]
    assert len(signed) == 1, answers
    assert model.versions.filter(stage=Stage.PRODUCTION).count() == champions(model) == 1
    assert SlotAssignment.objects.current().get().slot.name == place
    assert (
        PromotionRequest.objects.filter(state=RequestState.DONE, target="PRODUCTION").count() == 1
    )
    assert chain_is_whole()


def test_canary_and_champion_of_one_slot_at_once_leave_each_version_one_role(
    cast: f.Cast,
) -> None:
    """Some are asked for twice over, and one canary is ended while it is made champion."""
    model = f.make_model(cast)
    slot = create_slot(model=model, name="eu-retail/primary", actor=cast.owner, at=f.NOON)
    versions = [f.make_version(cast, model, artifact=f"{index:064x}") for index in range(4)]
    requests = [in_slot(cast, version, slot, share=20) for version in versions]
    requests += [in_slot(cast, version, slot) for version in versions]
    for request in requests:
        f.sign(request, cast.validator, Role.VALIDATOR)
    fresh = [PromotionRequest.objects.with_version().get(pk=row.pk) for row in requests]
    seen = [case_of(row, at=f.NOON).digest for row in fresh]

    def work(index: int) -> Any:
        if index >= len(requests):
            version = versions[index % len(versions)]
            return end_role(slot=slot, version=version, actor=cast.owner, at=f.NOON)
        return f.sign(requests[index], cast.approver, Role.APPROVER, digest=seen[index])

    answers = at_once(work, count=len(requests) + len(versions))

    signed = [answer for answer in answers if isinstance(answer, SignOff)]
    done = PromotionRequest.objects.filter(state=RequestState.DONE, slot=slot)
    assert len(signed) == done.count() >= 1, answers
    current = list(slot.assignments.current())
    assert len({row.version_id for row in current}) == len(current)
    assert sum(row.role == SlotRole.CHAMPION for row in current) == 1, answers
    assert done.filter(share=None).count() == 1
    assert chain_is_whole()


def test_slots_roles_and_reports_at_once_are_made_once(cast: f.Cast) -> None:
    model = f.make_model(cast)
    version = f.make_version(cast, model)
    name, alias = "eu-retail/primary", "retail"

    def create(index: int) -> Any:
        wanted = name if index % 2 else f"eu-{index}/primary"
        return create_slot(model=model, name=wanted, alias=alias, actor=cast.owner, at=f.NOON)

    made = [answer for answer in at_once(create) if isinstance(answer, Slot)]
    assert len(made) == Slot.objects.filter(alias=alias).count() == 1

    def shadow(_: int) -> Any:
        facts: dict[str, Any] = {"version": version, "role": SlotRole.SHADOW, "at": f.NOON}
        return assign_role(slot=made[0], actor=cast.owner, **facts)

    assert len({answer.pk for answer in at_once(shadow)}) == 1

    def report(_: int) -> Any:
        said = Running(version="1", instance="gateway-1", slot=made[0].name)
        return report_deployment(model=model, said=said, actor=cast.developer, at=f.NOON)

    assert len({answer.pk for answer in at_once(report)}) == 1
    assert DeploymentReport.objects.count() == 1
    assert chain_is_whole()


def test_two_approvers_at_once_leave_one_signature_and_one_change(cast: f.Cast) -> None:
    model = f.make_model(cast)
    request = f.make_ready(cast, f.make_version(cast, model))
    f.sign(request, cast.validator, Role.VALIDATOR)
    digest = case_of(PromotionRequest.objects.with_version().get(pk=request.pk), at=f.NOON).digest
    signers = [cast.approver, cast.second_approver]

    answers = at_once(lambda i: f.sign(request, signers[i], Role.APPROVER, digest=digest), count=2)

    assert sum(isinstance(answer, SignOff) for answer in answers) == 1, answers
    assert request.sign_offs.filter(role=Role.APPROVER).count() == 1
    assert champions(model) == 1
    assert chain_is_whole()


def test_a_pipeline_that_asks_many_times_at_once_opens_one_request(cast: f.Cast) -> None:
    model = f.make_model(cast)
    version = f.make_version(cast, model, metrics={"accuracy": "0.8225"})

    def ask(_: int) -> Any:
        return f.ask(cast, ModelVersion.objects.with_model().get(pk=version.pk), Stage.STAGING)

    answers = at_once(ask)

    assert len({answer.request.pk for answer in answers}) == 1
    assert PromotionRequest.objects.filter(version=version).count() == 1
    assert chain_is_whole()
