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
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import RequestState
from governance.audit.verification import verify
from governance.core.errors import DomainError
from governance.inventory.models import Model
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.rules import Stage
from tests import factories as f

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 16
RUNS = range(20 if os.environ.get("PROFILE") == "long" else 3)


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


def make_contenders(cast: f.Cast, model: Model) -> None:
    """As many versions as threads, each one approver's signature away from Production."""
    for index in range(THREADS):
        version = f.make_version(cast, model, artifact=f"{index:064x}")
        request = f.make_ready(cast, version)
        f.sign(request, cast.validator, Role.VALIDATOR)


@pytest.mark.parametrize("run", RUNS)
def test_one_slot_gets_one_champion(cast: f.Cast, run: int) -> None:
    model = f.make_model(cast)
    make_contenders(cast, model)
    requests = list(PromotionRequest.objects.open().with_version())
    seen = [case_of(request).digest for request in requests]

    def approve(index: int) -> Any:
        signer = (cast.approver, cast.second_approver)[index % 2]
        return f.sign(requests[index], signer, Role.APPROVER, digest=seen[index])

    answers = at_once(approve)

    signed = [answer for answer in answers if isinstance(answer, SignOff)]
    assert len(signed) == 1, answers
    assert model.versions.filter(stage=Stage.PRODUCTION).count() == champions(model) == 1
    assert (
        PromotionRequest.objects.filter(state=RequestState.DONE, target="PRODUCTION").count() == 1
    )
    assert chain_is_whole()


def test_two_approvers_at_once_leave_one_signature_and_one_change(cast: f.Cast) -> None:
    model = f.make_model(cast)
    request = f.make_ready(cast, f.make_version(cast, model))
    f.sign(request, cast.validator, Role.VALIDATOR)
    digest = case_of(PromotionRequest.objects.with_version().get(pk=request.pk)).digest
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
