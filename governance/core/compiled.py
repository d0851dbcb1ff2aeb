"""Queries that are written with Django's query sets and compiled once.

Building a query set and compiling it takes several times as long as PostgreSQL needs to answer an
indexed read. A `Compiled` keeps the SQL and only puts in the values; PostgreSQL keeps the plan, as
a prepared statement of the connection. For the few reads that pipelines make all day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

import psycopg
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, JSONField, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=tuple[Any, ...])
Hole = str | int | UUID | datetime
"""A value that occurs nowhere else, in whose place the value of a call is put."""


class JSONList(Aggregate):
    """All values of a group as one JSON array, on PostgreSQL and on SQLite."""

    function = "JSONB_AGG"
    output_field: ClassVar[JSONField[Any, Any]] = JSONField()

    def as_sqlite(self, compiler: SQLCompiler, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_GROUP_ARRAY", **extra)


class Statement(NamedTuple):
    sql: str
    values: tuple[Any, ...]
    places: tuple[tuple[int, str], ...]
    """Which of the values stand for which parameters."""
    compiler: SQLCompiler
    converters: dict[int, Any]

    def filled(self, given: Mapping[str, Any]) -> list[Any]:
        values = list(self.values)
        for place, name in self.places:
            values[place] = given[name]
        return values


class Compiled(Generic[Row]):
    """A query set with holes: `Compiled(make, Row, name="\\ue000name").rows(name="churn")`.

    `make` is called once per kind of database, with the holes as its arguments, and returns a
    query set with `values_list`. Nothing in it may depend on anything else that changes: not on
    the time, not on a setting, not on who asks.
    """

    def __init__(
        self, make: Callable[..., QuerySet[Any, Any]], row: type[Row], **holes: Hole
    ) -> None:
        self.make = make
        self.row = row
        self.holes = holes
        self.statements: dict[str, Statement] = {}

    def rows(self, **given: Any) -> list[Row]:
        """Run the query with these values, each of the type of its hole."""
        statement = self.statements.get(connection.vendor) or self._compile()
        if connection.vendor == "sqlite":
            given = {name: _as_text(value) for name, value in given.items()}
        found: Sequence[tuple[Any, ...]] = _run(statement.sql, statement.filled(given))
        if statement.converters:
            converted = statement.compiler.apply_converters(found, statement.converters)
            found = cast("Sequence[tuple[Any, ...]]", converted)
        return [self.row(*row) for row in found]

    def first(self, **given: Any) -> Row | None:
        return next(iter(self.rows(**given)), None)

    def _compile(self) -> Statement:
        compiler = self.make(**self.holes).query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        places = tuple(
            (place, name)
            for place, value in enumerate(values)
            for name, hole in self.holes.items()
            if value in (hole, _as_text(hole))
        )
        expressions = [expression for expression, *_ in compiler.select]
        statement = Statement(
            sql, tuple(map(_plain, values)), places, compiler, compiler.get_converters(expressions)
        )
        self.statements[connection.vendor] = statement
        return statement


def _as_text(value: Any) -> Any:
    """A value as Django keeps it in SQLite, which knows neither UUIDs nor times."""
    if isinstance(value, UUID):
        return value.hex
    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    """A choice as the text that it is, which the driver passes on faster."""
    return value.value if isinstance(value, Enum) else value


def _run(sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    try:
        return _fetch(connection, sql, values)
    except OperationalError:
        # A kept connection that the server has closed is noticed only now; a read can be repeated.
        if connection.in_atomic_block:
            raise
        connection.close()
        return _fetch(connection, sql, values)


def _fetch(database: BaseDatabaseWrapper, sql: str, values: list[Any]) -> list[tuple[Any, ...]]:
    if database.vendor != "postgresql":
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return cast("list[tuple[Any, ...]]", cursor.fetchall())
    database.ensure_connection()
    # Django's own cursors put the values into the text of the statement, which cannot be prepared;
    # so this switch, which Django leaves off, concerns the statements of this module alone.
    database.connection.prepare_threshold = 0
    with database.wrap_database_errors, psycopg.Cursor(database.connection) as cursor:
        return cursor.execute(sql, values, prepare=True).fetchall()
