"""Facts that the portal fills in: shown with the models they come from, and not asked for."""

from __future__ import annotations

import pytest

from governance.accounts.actions import create_unit
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.inventory.actions import keep_answers
from governance.inventory.models import Model
from governance.inventory.queries.questionnaires import needed_questionnaire
from governance.inventory.rules.assessments import Matter
from tests import factories as f
from tests.factories import MEDIUM, NOON, Cast
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read, signed_in
from tests.world import nothing_moves

TIER = "/models/churn-model/assess/tier/"


@pytest.fixture
def model(cast: Cast) -> Model:
    """A model that feeds one of Tier 1, which only some may see, and others that they may."""
    everybody_signs_in(cast)
    model = f.make_model(cast)
    for name, tier in (("capital-model", 1), ("plan-model", 1), ("mail-model", 4)):
        fed = f.make_model(cast, name=name, tier=tier)
        f.make_dependency(cast, feeder=model, consumer=fed)
    f.make_questionnaires(cast)
    return model


def answered(model: Model, person: User) -> None:
    keep_answers(
        model=model, matter=Matter.TIER, questionnaire=needed_questionnaire(Matter.TIER.purpose),
        answers=MEDIUM, facts={"critical_operation": False}, actor=person, at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize("step", ["review", "preview"])
def test_each_step_shows_the_value_and_its_models(cast: Cast, model: Model, step: str) -> None:
    answered(model, cast.owner)
    page = read(cast.owner, f"{TIER}{step}/")
    assert "from capital-model and plan-model" in page
    assert "mail-model" not in page


def test_what_the_reader_may_not_see_stays_nameless(cast: Cast, model: Model) -> None:
    elsewhere = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    Model.objects.filter(name="plan-model").update(unit=elsewhere)
    approver = f.make_person("Una Approver", Role.APPROVER, unit=cast.unit)
    answered(model, approver)
    page = read(approver, f"{TIER}review/")
    assert "from capital-model and a model that you may not see" in page
    assert "plan-model" not in page


def test_nobody_is_asked_for_it(cast: Cast, model: Model) -> None:
    answered(model, cast.owner)
    assert signed_in(cast.owner).get(TIER).url == f"{TIER}review/"
    with nothing_moves():
        assert post(cast.owner, TIER, q="fact:feeds_tier", answer="0").url == TIER


def test_the_assessment_keeps_where_it_came_from(cast: Cast, model: Model) -> None:
    answered(model, cast.owner)
    base = hidden(read(cast.owner, f"{TIER}preview/"), "base")
    made = post(cast.owner, f"{TIER}preview/", base=base)
    page = read(cast.auditor, made.url)
    assert "Floor F5" in page
    assert "from capital-model and plan-model" in page


def test_a_link_that_came_later_is_told_where_the_tier_is_shown(cast: Cast) -> None:
    everybody_signs_in(cast)
    model, fed = f.make_model(cast), f.make_model(cast, name="capital-model", tier=1)
    f.make_questionnaires(cast)
    f.rate(cast, model)
    said = "feeds tier is 1, and was 0. The same answers would now give Tier 2 (High)."
    for page in ("/models/churn-model/", "/models/churn-model/assess/"):
        assert said not in read(cast.auditor, page)
    f.make_dependency(cast, feeder=model, consumer=fed)
    for page in ("/models/churn-model/", "/models/churn-model/assess/"):
        assert said in read(cast.auditor, page)


def test_of_many_models_some_are_named(cast: Cast) -> None:
    everybody_signs_in(cast)
    model = f.make_model(cast)
    for i in range(7):
        f.make_dependency(cast, feeder=model, consumer=f.make_model(cast, name=f"fed-{i}", tier=2))
    f.make_questionnaires(cast)
    answered(model, cast.owner)
    page = read(cast.owner, f"{TIER}review/")
    assert "from fed-0, fed-1, fed-2, fed-3, fed-4 and 2 more models" in page
