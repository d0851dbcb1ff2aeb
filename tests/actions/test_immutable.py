"""What the database itself refuses to change, whoever asks it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, models, transaction

from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import Cast

pytestmark = pytest.mark.backend

FIXED: list[tuple[type[models.Model], str, Any]] = [
    (ModelVersion, "source", "models:/m-other"),
    (ModelVersion, "run_id", "another"),
    (ModelVersion, "digest", "0" * 64),
    (ModelVersion, "lineage_text", "{}"),
    (ModelVersion, "number", 99),
    (PolicyVersion, "content_text", "{}"),
    (PolicyVersion, "digest", "0" * 64),
    (PromotionRequest, "requested_via", "user:another"),
    (PromotionRequest, "target", "ARCHIVED"),
]


@pytest.fixture(autouse=True)
def _rows(cast: Cast) -> None:
    f.make_policies(cast)
    f.make_ready(cast, f.make_version(cast, f.make_model(cast)))


@pytest.mark.parametrize(("table", "field", "value"), FIXED)
def test_a_fixed_column_cannot_be_updated(
    table: type[models.Model], field: str, value: Any
) -> None:
    before = list(table._default_manager.values_list(field, flat=True))
    with pytest.raises(DatabaseError), transaction.atomic():
        table._default_manager.update(**{field: value})
    assert list(table._default_manager.values_list(field, flat=True)) == before


@pytest.mark.parametrize("table", [ModelVersion, PolicyVersion, PromotionRequest])
def test_no_row_can_be_deleted(table: type[models.Model]) -> None:
    before = table._default_manager.count()
    with pytest.raises(DatabaseError), transaction.atomic():
        table._default_manager.all()._raw_delete("default")
    assert table._default_manager.count() == before > 0


def test_what_may_change_does(cast: Cast) -> None:
    assert ModelVersion.objects.update(description="Another word.") == 1
