"""For which models an obligation counts, by what is on record of them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.test import override_settings

from governance.evidence.firm import check_requirements, requirement_sets
from governance.evidence.queries.obligations import Due, due_for
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import Cast, edited_record, later
from tests.rules.test_requirements import OWN

TODAY = date(2026, 11, 28)


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def classed(cast: Cast, model: Model, ai_act_class: str, **said: object) -> None:
    record = edited_record(model, ai_act_class=ai_act_class, ai_act_reason="It hires.", **said)
    edit_model(model=model, record=record, actor=cast.owner, at=later(hours=1))
    model.refresh_from_db()


def due(model: Model, framework: str, key: str) -> Due:
    found = due_for([model], today=TODAY)
    return next(
        one for one in found if (one.obligation.framework, one.obligation.id) == (framework, key)
    )


def test_those_with_a_day_come_first_and_in_order(model: Model) -> None:
    days = [one.obligation.day for one in due_for([model], today=TODAY)]
    dated = [day for day in days if day]
    assert days[: len(dated)] == sorted(dated)


def test_it_counts_where_the_framework_applies_and_the_facts_do(cast: Cast, model: Model) -> None:
    classed(cast, model, "HIGH_RISK_ANNEX_III", origin="IN_HOUSE")
    found = due(model, "eu-ai-act-high-risk-provider", "annex-iii")
    assert (found.applying, found.begins) == ([model], date(2027, 12, 2))
    other = due(model, "eu-ai-act-high-risk-provider", "annex-i")
    assert (other.applying, other.unknown) == ([], [])


def test_it_is_unknown_where_that_of_the_framework_or_a_fact_is(cast: Cast, model: Model) -> None:
    classed(cast, model, "HIGH_RISK_ANNEX_III", origin="")
    assert due(model, "eu-ai-act-high-risk-provider", "annex-iii").unknown == [model]
    assert due(model, "eu-ai-act-deployer", "fundamental-rights").unknown == [model]


def test_a_framework_that_does_not_apply_asks_nothing(cast: Cast, model: Model) -> None:
    classed(cast, model, "MINIMAL")
    found = due(model, "eu-ai-act-deployer", "keep-logs")
    assert (found.applying, found.unknown) == ([], [])


@override_settings(FIRM_FACTS={"us_banking_organization": "yes"})
def test_a_superseded_one_asks_nothing_any_more(model: Model) -> None:
    def named(on: date) -> set[str]:
        return {one.obligation.framework for one in due_for([model], today=on)}

    assert "sr-11-7" in named(date(2026, 4, 16))
    assert "sr-11-7" not in named(date(2026, 4, 17))


class TestTheFirmsFiles:
    def test_they_are_read_beside_the_shipped_ones(self, tmp_path: Path) -> None:
        (tmp_path / "requirements").mkdir()
        (tmp_path / "requirements" / "own.yaml").write_text(OWN)
        with override_settings(FRAMEWORKS_DIR=str(tmp_path)):
            assert check_requirements() == []
            found = requirement_sets().of("sr-26-2", "2026-04-17")
        assert found is not None
        assert [one.id for one in found.requirements] == ["OWN-1", "OWN-2"]

    def test_a_wrong_one_is_refused_at_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "requirements").mkdir()
        (tmp_path / "requirements" / "own.yaml").write_text("set: {}")
        with override_settings(FRAMEWORKS_DIR=str(tmp_path)):
            assert "own.yaml: " in str(check_requirements()[0])
            assert "evidence.E001" in {one.id for one in run_checks()}
        assert check_requirements() == []
