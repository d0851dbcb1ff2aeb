"""Pages of what was determined to be no model: nobody is asked for its tier."""

from __future__ import annotations

import pytest

from governance.inventory.actions import ModelRecord, create_model, determine
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.http.portal.deciding import everybody_signs_in, read

LACKS = "a risk tier"


@pytest.fixture
def tool(cast: Cast) -> Model:
    everybody_signs_in(cast)
    f.make_questionnaires(cast)
    record = ModelRecord(
        purpose="Declines what the policy rules out.", intended_use="Before scoring.", kind="RULES",
        owner=cast.owner,
    )  # fmt: skip
    return create_model(name="rules", unit=cast.unit, record=record, actor=cast.owner, at=NOON)


def decide(cast: Cast, tool: Model) -> None:
    determine(
        model=tool, answers={"S1": False, "S2": False, "S3": False}, reasons="So.",
        next_review_date=later(days=90).date(), actor=cast.owner, at=NOON,
    )  # fmt: skip


@pytest.mark.parametrize("page", ["/", "/models/", "/models/rules/", "/models/rules/record/"])
def test_no_page_asks_for_a_tier(cast: Cast, tool: Model, page: str) -> None:
    assert LACKS in read(cast.owner, page)
    decide(cast, tool)
    assert LACKS not in read(cast.owner, page)


def test_the_facet_counts_it_among_complete_records(cast: Cast, tool: Model) -> None:
    assert "rules</a>" in read(cast.owner, "/models/?record=DRAFT")
    decide(cast, tool)
    assert "rules</a>" not in read(cast.owner, "/models/?record=DRAFT")
    assert "rules</a>" in read(cast.owner, "/models/?record=COMPLETE")


def test_the_model_says_what_it_is_and_what_that_means(cast: Cast, tool: Model) -> None:
    decide(cast, tool)
    assert "By its record this is a tool and no model." in read(cast.auditor, "/models/rules/")
    assert "No model, no tier" in read(cast.auditor, "/models/rules/record/")
    page = read(cast.auditor, "/models/rules/assess/")
    assert "Its record needs no tier, and no version of it moves." in page
    f.rate(cast, tool, at=later(hours=1))
    page = read(cast.auditor, "/models/rules/assess/")
    assert "Its tier was assessed after that, so it is governed as a model." in page
    assert "this is a tool" not in read(cast.auditor, "/models/rules/")
