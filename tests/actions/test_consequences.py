"""What another tier or class would make due, told before anything is applied."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.rules import Role
from governance.approvals.queries.consequences import Change, Consequences, consequences_of
from governance.inventory.models import Model
from governance.inventory.queries.questionnaires import needed_questionnaire, scorecard_of
from governance.inventory.rules.assessments import Matter, Purpose
from governance.inventory.rules.controls import due_after
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import nothing_moves

TIER_3 = f.TO_PRODUCTION.replace("to-production", "tier-3").replace(
    "from: [STAGING]", "from: [STAGING], tiers: [3]"
)
TIER_1 = """\
policy: tier-1
title: Tier 1 to Production
applies_to: {target: PRODUCTION, from: [STAGING], tiers: [1]}
gates:
  - {check: metric, metric: accuracy, at_least: 0.99, label: Accuracy}
  - {check: tier_assessed, max_age_days: 30}
sign_offs:
  - {role: VALIDATOR, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, meaning: "I approve this version for the stated use."}
  - {role: COMPLIANCE, meaning: "I find the evidence complete."}
"""


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    """A version that serves under the policy of Tier 3."""
    for text in (f.TO_STAGING, TIER_3, TIER_1):
        f.make_policy(cast, text)
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    version = f.make_version(cast, model, metrics={"accuracy": "0.95"})
    f.make_champion(cast, version)
    return version


def told(model: Model, *, at: Any = NOON, **changed: Any) -> Consequences:
    model = Model.objects.select_related("unit").get(pk=model.pk)
    card = scorecard_of(needed_questionnaire(Purpose.TIERING))
    given: dict[str, Any] = {
        "matter": Matter.TIER, "tier": model.tier, "ai_act_class": model.ai_act_class,
    }  # fmt: skip
    with nothing_moves():
        return consequences_of(
            model, Change(**(given | changed)), controls=card.tier_controls, at=at
        )


def test_nothing_becomes_due_where_nothing_changes(version: ModelVersion) -> None:
    assert told(version.model).are_none


def test_what_serves_is_judged_by_the_policy_of_the_new_tier(version: ModelVersion) -> None:
    found = told(version.model, tier=1)
    [live] = found.live
    assert live.assignment.version == version
    assert live.rehearsed.objections == (
        "Accuracy 0.95, at least 0.99",
        "one compliance signature missing",
    )


def test_a_tier_that_no_policy_knows_leaves_it_without_one(version: ModelVersion) -> None:
    [live] = told(version.model, tier=2).live
    assert live.rehearsed.objections == ("no policy would let it go there",)


def test_an_open_request_says_what_it_would_wait_for(cast: Cast, version: ModelVersion) -> None:
    second = f.make_version(cast, version.model, metrics={"accuracy": "0.995"}, artifact="b" * 64)
    request = f.make_ready(cast, second)
    f.sign(request, cast.validator, Role.VALIDATOR)
    [reopened] = told(version.model, tier=1).requests
    assert (reopened.request, reopened.signatures) == (request, 1)
    assert reopened.policy is not None
    assert reopened.policy.key == "tier-1"
    assert list(reopened.waits_for) == [
        "one validator signature missing",
        "one approver signature missing",
        "one compliance signature missing",
    ]


def test_a_prohibited_class_stands_against_everything(cast: Cast, version: ModelVersion) -> None:
    second = f.make_version(cast, version.model, metrics={"accuracy": "0.96"}, artifact="b" * 64)
    f.make_ready(cast, second)
    found = told(version.model, matter=Matter.CLASS, ai_act_class="PROHIBITED")
    for objections in (found.live[0].rehearsed.objections, found.requests[0].waits_for):
        assert any("No prohibited practice" in one for one in objections)
    assert found.controls == ()


def test_a_validation_falls_due_by_the_interval_of_the_new_tier(version: ModelVersion) -> None:
    later = f.later(days=400)
    assert told(version.model, at=later).revalidations == ()
    [due] = told(version.model, tier=1, at=later).revalidations
    assert (due.version, due.due_date) == (version, date(2027, 3, 2))
    assert due.report is not None
    assert told(version.model, tier=4, at=f.later(days=4000)).revalidations == ()


def test_controls_are_told_old_and_new(version: ModelVersion) -> None:
    controls = {one.label: (one.before, one.after) for one in told(version.model, tier=1).controls}
    assert controls["Revalidation"] == ("every 36 months", "every 12 months")
    assert controls["Monitoring"] == ("semi-annual", "monthly")
    assert controls["Finding days"] == (
        "high 120, medium 270, low 365", "high 90, medium 180, low 365",
    )  # fmt: skip
    assert "Periodic review" not in controls


def test_it_takes_as_many_queries_for_many_requests(cast: Cast, version: ModelVersion) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            card = scorecard_of(needed_questionnaire(Purpose.TIERING))
            change = Change(matter=Matter.TIER, tier=1, ai_act_class="")
            consequences_of(version.model, change, controls=card.tier_controls, at=NOON)
        return len(captured)

    def another(letter: str) -> None:
        made = f.make_version(cast, version.model, metrics={"accuracy": "1"}, artifact=letter * 64)
        f.make_ready(cast, made)

    another("b")
    few = queries()
    another("c")
    another("d")
    assert queries() == few


@pytest.mark.parametrize(
    ("day", "months", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2026, 3, 2), 36, date(2029, 3, 2)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_later(day: date, months: int, due: date) -> None:
    assert due_after(day, months) == due
