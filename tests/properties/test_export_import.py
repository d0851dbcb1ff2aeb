"""Export and import undo each other: whatever a record says, its file sent back changes nothing."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from governance.core.sheets import csv_bytes, write_workbook
from governance.inventory.actions import describe_model, edit_model
from governance.inventory.actions.planning import prepare_import
from governance.inventory.models import Model
from governance.inventory.queries.exchange import rows_of
from governance.inventory.rules.imports import Verdict
from governance.inventory.sheets import read_sheet
from tests import factories as f
from tests.factories import NOON, Cast
from tests.properties.test_sheets import TEXTS, TRICKY

WORDS = (TEXTS | TRICKY).filter(lambda text: "\0" not in text)


def files() -> list[bytes]:
    book = io.BytesIO()
    write_workbook(rows_of(Model.objects.all()), book, title="Inventory")
    return [b"".join(csv_bytes(rows_of(Model.objects.all()))), book.getvalue()]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


# Each example says something else of the same model.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(purpose=WORDS, use=WORDS, reason=WORDS.filter(str.strip), said=WORDS)
def test_whatever_a_record_says(
    cast: Cast, model: Model, purpose: str, use: str, reason: str, said: str
) -> None:
    model.refresh_from_db()
    record = replace(
        f.edited_record(model), purpose=purpose, intended_use=use,
        tier=2 if model.tier == 3 else 3, tier_reason=reason,
    )  # fmt: skip
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    describe_model(model=model, description=said, actor=cast.developer, at=NOON)
    for data in files():
        plan = prepare_import(read_sheet(data), actor=cast.owner, at=NOON).plan
        assert [row.verdict for row in plan.rows] == [Verdict.UNCHANGED], plan.rows
