"""Searching models and versions by conditions, page by page, in an order that is never ambiguous.

The conditions are the registry's own; each interface reads them from its own language. A search
returns only what the actor may see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Generic, TypeAlias, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet, prefetch_related_objects

from governance.accounts.rules import Actor
from governance.core.patterns import ILike, Like
from governance.inventory.models import Model
from governance.registry.models import ModelTag, ModelVersion, VersionTag

PROMPT_TAG = "mlflow.prompt.is_prompt"
"""What MLflow keeps as a prompt is a registered model with this tag, and so are its versions."""
ROWS_AT_ONCE = 20_000
"""SQLite takes no more than 32,766 values in one statement."""


class Field(StrEnum):
    NAME = "name"
    NUMBER = "number"
    RUN_ID = "run_id"
    SOURCE = "source"
    CREATED = "created"
    UPDATED = "updated"


class Operator(StrEnum):
    EQUAL = "="
    UNEQUAL = "!="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True, kw_only=True)
class FieldClause:
    """A condition on the row itself. `IN` and `NOT IN` take a tuple, the others one value."""

    field: Field
    operator: Operator
    value: str | int | tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TagClause:
    """A condition on a tag. A row without the tag never meets it, whatever the operator."""

    key: str
    operator: Operator
    value: str


Clause: TypeAlias = FieldClause | TagClause


@dataclass(frozen=True, kw_only=True)
class Order:
    field: Field
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to look for. `order` must tell any two rows apart; prompts are found only if asked."""

    order: tuple[Order, ...]
    clauses: tuple[Clause, ...] = ()
    prompts: bool = False


Place: TypeAlias = tuple[str | int | datetime, ...]
"""Where a page ended: the values of its last row in the fields of the order."""
Row = TypeVar("Row", Model, ModelVersion)


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """`end` is where the next page begins, and None on the last."""

    rows: list[Row]
    end: Place | None


MODEL_PATHS: Mapping[Field, str] = {
    Field.NAME: "name",
    Field.CREATED: "created_at",
    Field.UPDATED: "updated_at",
}
VERSION_PATHS: Mapping[Field, str] = {
    Field.NAME: "model__name",
    Field.NUMBER: "number",
    Field.RUN_ID: "run_id",
    Field.SOURCE: "source",
    Field.CREATED: "registered_at",
    Field.UPDATED: "updated_at",
}
LOOKUPS = {
    Operator.EQUAL: "exact",
    Operator.UNEQUAL: "exact",
    Operator.IN: "in",
    Operator.NOT_IN: "in",
    Operator.LESS: "lt",
    Operator.LESS_OR_EQUAL: "lte",
    Operator.GREATER: "gt",
    Operator.GREATER_OR_EQUAL: "gte",
}
NEGATIVE = {Operator.UNEQUAL, Operator.NOT_IN}


def model_page(
    search: Search, *, size: int, after: Place | None, actor: Actor, at: datetime
) -> Page[Model]:
    """Return at most `size` present models that the actor may see, with their tags."""
    found = Model.objects.visible_to(actor, at=at).present()
    found = found.filter(*_conditions(search, MODEL_PATHS, _tag))
    if not search.prompts:
        found = found.exclude(Exists(_prompt_tags("pk")))
    return _page(found, search, MODEL_PATHS, size=size, after=after)


def version_page(
    search: Search, *, size: int, after: Place | None, actor: Actor, at: datetime
) -> Page[ModelVersion]:
    """Return at most `size` present versions that the actor may see, with model, author, tags."""
    found = ModelVersion.objects.visible_to(actor, at=at).present()
    found = found.select_related("model", "registered_by")
    found = found.filter(*_conditions(search, VERSION_PATHS, _version_tag))
    if not search.prompts:
        own = TagClause(key=PROMPT_TAG, operator=Operator.EQUAL, value="true")
        found = found.exclude(Exists(_prompt_tags("model"))).exclude(_version_tag(own))
    return _page(found, search, VERSION_PATHS, size=size, after=after)


def _conditions(
    search: Search, paths: Mapping[Field, str], tag: Callable[[TagClause], Exists]
) -> list[Q | Exists]:
    return [
        tag(clause)
        if isinstance(clause, TagClause)
        else _condition(paths[clause.field], clause.operator, clause.value)
        for clause in search.clauses
    ]


def _condition(path: str, operator: Operator, value: str | int | tuple[str, ...]) -> Q:
    if operator is Operator.LIKE:
        return Q(Like(path, str(value)))
    if operator is Operator.ILIKE:
        return Q(ILike(path, str(value)))
    condition = Q(**{f"{path}__{LOOKUPS[operator]}": value})
    return ~condition if operator in NEGATIVE else condition


def _tag(clause: TagClause) -> Exists:
    tags = ModelTag.objects.filter(model=OuterRef("pk"), key=clause.key)
    return Exists(tags.filter(_condition("value", clause.operator, clause.value)))


def _version_tag(clause: TagClause) -> Exists:
    tags = VersionTag.objects.filter(version=OuterRef("pk"), key=clause.key)
    return Exists(tags.filter(_condition("value", clause.operator, clause.value)))


def _prompt_tags(model: str) -> QuerySet[ModelTag]:
    return ModelTag.objects.filter(model=OuterRef(model), key=PROMPT_TAG, value="true")


def _page(
    found: QuerySet[Row],
    search: Search,
    paths: Mapping[Field, str],
    *,
    size: int,
    after: Place | None,
) -> Page[Row]:
    ordered = found.order_by(*(_column(order, paths) for order in search.order))
    if after is not None:
        ordered = ordered.filter(_behind(after, search.order, paths))
    # One row more than asked for tells whether there is another page.
    rows = list(ordered[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    for start in range(0, len(rows), ROWS_AT_ONCE):
        prefetch_related_objects(rows[start : start + ROWS_AT_ONCE], "tags")
    return Page(rows=rows, end=_place(rows[-1], search.order, paths) if more else None)


def _column(order: Order, paths: Mapping[Field, str]) -> str:
    return f"-{paths[order.field]}" if order.descending else paths[order.field]


def _behind(place: Place, orders: Sequence[Order], paths: Mapping[Field, str]) -> Q:
    """Return the condition that a row comes after the place in this order.

    Not a number of rows to skip: rows that came or went meanwhile shift no page.
    """
    behind, level = Q(), Q()
    for order, value in zip(orders, place, strict=True):
        path = paths[order.field]
        behind |= level & Q(**{f"{path}__{'lt' if order.descending else 'gt'}": value})
        level &= Q(**{path: value})
    return behind


def _place(row: Row, orders: Sequence[Order], paths: Mapping[Field, str]) -> Place:
    return tuple(attrgetter(paths[o.field].replace("__", "."))(row) for o in orders)
