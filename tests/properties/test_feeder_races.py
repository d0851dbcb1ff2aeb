"""Many who say at once what feeds what: from however many sides, a ring never closes."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from governance.approvals.actions.retirements import retire_model
from governance.audit.verification import verify
from governance.core.errors import DomainError, InvalidInput
from governance.inventory.actions import add_feeder
from governance.inventory.models import Dependency, Model
from governance.inventory.queries import edges_from
from tests import factories as f
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("models", [2, 4, 8])
def test_a_ring_stays_open_at_one_place(models: int) -> None:
    cast = f.make_cast()
    ring = [f.make_model(cast, name=f"model-{n}") for n in range(models)]

    def close(index: int) -> Any:
        return add_feeder(
            consumer=ring[(index + 1) % models],
            feeder=ring[index],
            flows="A score.",
            since_date=date(2026, 1, 5),
            actor=cast.owner,
            at=f.NOON,
        )

    answers = at_once(close, models)
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert [problem.rule for one in refused for problem in _problems(one)] == ["cycle"]
    assert Dependency.objects.count() == models - 1
    for model in Model.objects.all():
        met = {edge.consumer for edge in edges_from(model.pk, downstream=True)}
        assert model.pk not in met
    assert verify().intact


def test_a_model_retires_or_feeds_something_new_and_never_both() -> None:
    cast = f.make_cast()
    pairs = [[f.make_model(cast, name=f"{end}-{n}") for end in ("old", "new")] for n in range(4)]

    def one_or_the_other(index: int) -> Any:
        old, new = pairs[index // 2]
        if index % 2:
            return retire_model(
                model=old, reason="Replaced.", replacement=None,
                retention_end_date=date(2040, 1, 1), actor=cast.owner, at=f.NOON,
            )  # fmt: skip
        return add_feeder(
            consumer=new, feeder=old, flows="A score.", since_date=date(2026, 1, 5),
            actor=cast.owner, at=f.NOON,
        )  # fmt: skip

    answers = at_once(one_or_the_other, 2 * len(pairs))
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert {one.code for one in refused} <= {"model_retired", "model_consumed"}
    assert len(refused) == len(pairs)
    assert not Dependency.objects.filter(feeder__retired_at__isnull=False).exists()
    assert verify().intact


def _problems(error: DomainError) -> Any:
    assert isinstance(error, InvalidInput)
    return error.problems
