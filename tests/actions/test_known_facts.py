"""Facts that the portal fills in from its own records, as far as a questionnaire says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.inventory.actions import assess_tier, end_feeder, publish_questionnaire
from governance.inventory.models import Assessment, Dependency, Model
from governance.inventory.queries.assessments import assessment_base
from governance.inventory.queries.known_facts import KnownFacts, known_facts
from governance.inventory.queries.questionnaires import needed_questionnaire, scorecard_of
from governance.inventory.rules.assessments import AssessmentChanged, KnownAs, Purpose
from governance.inventory.rules.questionnaires import Scorecard, shipped
from tests import factories as f
from tests.factories import MEDIUM, NOON, TYPED_FACTS, Cast, later
from tests.world import refused

FACT = next(
    fact.id
    for card in [shipped("tiering")]
    if isinstance(card, Scorecard)
    for fact in card.facts
    if fact.known_as == KnownAs.CONSUMER_TIER
)


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def consumer(cast: Cast, feeder: Model, name: str, tier: int) -> Dependency:
    fed = f.make_model(cast, name=name, tier=tier)
    return f.make_dependency(cast, feeder=feeder, consumer=fed)


def known(model: Model, *, at: datetime = NOON) -> KnownFacts:
    return known_facts(model, scorecard_of(needed_questionnaire(Purpose.TIERING)), at=at)


def base(model: Model) -> str:
    row = needed_questionnaire(Purpose.TIERING)
    found = known(model)
    facts = scorecard_of(row).facts_with(found.values)
    fresh = Model.objects.get(pk=model.pk)
    return assessment_base(fresh, row, MEDIUM, facts, sources=found.sources)


@pytest.mark.backend
class TestTheTierOfWhatAModelFeeds:
    def test_is_the_default_where_it_feeds_nothing(self, cast: Cast, model: Model) -> None:
        f.make_questionnaires(cast)
        assert (known(model).values[FACT], known(model).sources) == (0, {})

    def test_is_the_strictest_and_says_which_have_it(self, cast: Cast, model: Model) -> None:
        rows = [consumer(cast, model, f"m{tier}-{i}", tier) for i, tier in enumerate((3, 2, 2))]
        f.make_questionnaires(cast)
        assert known(model).values[FACT] == 2
        assert known(model).sources == {FACT: [rows[1].consumer_id, rows[2].consumer_id]}

    def test_leaves_out_what_feeds_it_no_more_and_what_is_out_of_use(
        self, cast: Cast, model: Model
    ) -> None:
        ended, retired, removed = (consumer(cast, model, f"m{i}", 1) for i in range(3))
        consumer(cast, model, "plain", 4)
        end_feeder(dependency=ended, actor=cast.owner, at=NOON)
        Model.objects.filter(pk=retired.consumer_id).update(retired_at=NOON)
        Model.objects.filter(pk=removed.consumer_id).update(removed_at=NOON)
        f.make_questionnaires(cast)
        assert known(model).values[FACT] == 4

    def test_does_not_reach_behind_a_consumer_or_upstream(self, cast: Cast, model: Model) -> None:
        middle = consumer(cast, model, "middle", 3).consumer
        consumer(cast, middle, "last", 1)
        f.make_questionnaires(cast)
        assert [known(one).values[FACT] for one in (model, middle)] == [3, 1]

    def test_of_a_consumer_without_a_tier_is_not_known(self, cast: Cast, model: Model) -> None:
        draft = consumer(cast, model, "draft", 1).consumer
        Model.objects.filter(pk=draft.pk).update(tier=None)
        f.make_questionnaires(cast)
        assert known(model).values[FACT] == 0

    def test_ends_with_the_last_day_of_an_override(self, cast: Cast, model: Model) -> None:
        fed = consumer(cast, model, "fed", 1).consumer
        Model.objects.filter(pk=fed.pk).update(tier_until=NOON.date(), tier_after=2)
        f.make_questionnaires(cast)
        tomorrow = NOON + timedelta(days=1)
        assert [known(model, at=at).values[FACT] for at in (NOON, tomorrow)] == [1, 2]

    @pytest.mark.parametrize("count", [0, 3])
    def test_is_one_query(self, cast: Cast, model: Model, count: int) -> None:
        for i in range(count):
            consumer(cast, model, f"m{i}", 3)
        f.make_questionnaires(cast)
        card = scorecard_of(needed_questionnaire(Purpose.TIERING))
        with CaptureQueriesContext(connection) as asked:
            known_facts(model, card, at=NOON)
        assert len(asked) == 1


class TestAssessing:
    def test_takes_the_fact_and_keeps_where_it_comes_from(self, cast: Cast, model: Model) -> None:
        row = consumer(cast, model, "fed", 1)
        f.make_questionnaires(cast)
        made = f.rate(cast, model)
        assert made.facts[FACT] == 1
        assert (made.result["floors"], made.result["final_tier"]) == (["F5"], 2)
        assert made.result["known_from"] == {FACT: [f"model:{row.consumer_id}"]}

    def test_a_link_that_changed_meanwhile_is_shown_again(self, cast: Cast, model: Model) -> None:
        """Also where one more model gives the same value: the page named another cause."""
        fed = [f.make_model(cast, name=f"fed-{i}", tier=1) for i in range(2)]
        f.make_questionnaires(cast)
        for one in fed:
            seen = base(model)
            f.make_dependency(cast, feeder=model, consumer=one)
            with refused(AssessmentChanged):
                self.confirm(cast, model, seen)
        self.confirm(cast, model, base(model))

    def confirm(self, cast: Cast, model: Model, base: str) -> Assessment:
        return assess_tier(
            model=model, answers=MEDIUM, facts={}, base=base, actor=cast.owner,
            at=later(minutes=Assessment.objects.count()),
        )  # fmt: skip

    def test_of_a_file_that_does_not_name_it_the_fact_is_typed(
        self, cast: Cast, model: Model
    ) -> None:
        consumer(cast, model, "fed", 1)
        publish_questionnaire(
            text=TYPED_FACTS, purpose=Purpose.TIERING, actor=cast.compliance, at=NOON
        )
        typed: dict[str, Any] = {FACT: 2}
        made = f.rate(cast, model, **typed)
        assert (made.facts[FACT], "known_from" in made.result) == (2, False)
