"""The register as rows of a file: what every column says of every model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Manager, OuterRef, QuerySet, Subquery

from governance.inventory.models import ClassAssessment, Model, TierAssessment
from governance.inventory.rules.columns import COLUMNS, People, Person, Place

MODELS_AT_ONCE = 2_000

_JOINED = [column.key for column in COLUMNS if isinstance(column.shape, Person | Place)]
_FETCHED = [column.key for column in COLUMNS if isinstance(column.shape, People)]
_REASONS: Mapping[str, type[TierAssessment | ClassAssessment]] = {
    "tier_reason": TierAssessment,
    "ai_act_reason": ClassAssessment,
}


def with_columns(models: QuerySet[Model]) -> QuerySet[Model]:
    """Bring along what `values_of` reads: one query, and one more for every MODELS_AT_ONCE."""
    reasons = {name: _newest_reason(table) for name, table in _REASONS.items()}
    return models.select_related(*_JOINED).prefetch_related(*_FETCHED).annotate(**reasons)


def _newest_reason(table: type[TierAssessment | ClassAssessment]) -> Subquery:
    rows = table._default_manager.filter(model=OuterRef("pk")).order_by("-assessed_at")
    return Subquery(rows.values("reason__text")[:1])


def values_of(model: Model) -> dict[str, Any]:
    """Return what each column says of a model that `with_columns` gave."""
    found = {c.key: getattr(model, c.source or c.key) for c in COLUMNS}
    return {
        key: "" if value is None and key in _REASONS else _plain(value)
        for key, value in found.items()
    }


def _plain(value: Any) -> Any:
    return tuple(value.all()) if isinstance(value, Manager) else value


def rows_of(models: QuerySet[Model]) -> Iterator[list[str]]:
    """Yield the headings, and then a row for each model."""
    yield [column.heading for column in COLUMNS]
    found: Iterable[Model] = with_columns(models).iterator(chunk_size=MODELS_AT_ONCE)
    for model in found:
        values = values_of(model)
        yield [column.write(values[column.key]) for column in COLUMNS]
