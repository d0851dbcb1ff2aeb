"""Queries that are written with Django's query sets and compiled once.

Building a query set and compiling it takes several times as long as PostgreSQL needs to answer an
indexed read. A `Compiled` keeps the SQL and only puts in the values; PostgreSQL keeps the plan, as
a prepared statement of the connection. For the few reads that pipelines make all day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar, cast
from uuid import UUID

import psycopg
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.sqlite3.base import FORMAT_QMARK_REGEX
from django.db.models import Aggregate, Field, JSONField, Model, QuerySet
from django.db.models.query import get_related_populators
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

Row = TypeVar("Row", bound=tuple[Any, ...])
Object = TypeVar("Object", bound=Model)
Hole = str | int | UUID | datetime
"""A value that occurs nowhere else, in whose place the value of a call is put."""
FEW = 4
NAME = "\ue000name"
NUMBER = 2_147_483_001
KEY = UUID("e000e000-e000-4000-8000-e000e000e000")


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
    locks: bool

    def filled(self, given: Mapping[str, Any]) -> list[Any]:
        values = list(self.values)
        for place, name in self.places:
            values[place] = given[name]
        return values


class _Query:
    """The SQL of a query set with holes, made once per kind of database."""

    def __init__(self, make: Callable[..., QuerySet[Any, Any]], holes: dict[str, Hole]) -> None:
        self.make = make
        self.holes = holes
        self.statements: dict[str, Statement] = {}

    def statement(self) -> Statement:
        return self.statements.get(connection.vendor) or self._compile()

    def rows(self, given: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        database = connections[DEFAULT_DB_ALIAS]
        statement = self.statements.get(database.vendor) or self._compile()
        if statement.locks and not database.in_atomic_block:
            raise TransactionManagementError("a row is locked for the rest of a transaction")
        if database.vendor == "sqlite":
            given = {name: _as_text(value) for name, value in given.items()}
        found: Sequence[Sequence[Any]] = _run(statement.sql, statement.filled(given))
        if statement.converters:
            converted = statement.compiler.apply_converters(found, statement.converters)
            found = list(cast("Iterable[Sequence[Any]]", converted))
        return found

    def _compile(self) -> Statement:
        query = self.make(**self.holes).query
        compiler = query.get_compiler(connection=connection)
        sql, values = compiler.as_sql()
        places = tuple(
            (place, name)
            for place, value in enumerate(values)
            for name, hole in self.holes.items()
            if value in (hole, _as_text(hole))
        )
        expressions = [expression for expression, *_ in compiler.select]
        statement = Statement(
            sql=sql,
            values=tuple(map(_plain, values)),
            places=places,
            compiler=compiler,
            converters=compiler.get_converters(expressions),
            locks=query.select_for_update,
        )
        self.statements[connection.vendor] = statement
        return statement


class Compiled(Generic[Row]):
    """A query set with holes: `Compiled(make, Row, name="\ue000name").rows(name="churn")`.

    `make` is called once per kind of database, with the holes as its arguments, and returns a
    query set with `values_list`. Nothing in it may depend on anything else that changes: not on
    the time, not on a setting, not on who asks.
    """

    def __init__(
        self, make: Callable[..., QuerySet[Any, Any]], row: type[Row], **holes: Hole
    ) -> None:
        self.query = _Query(make, holes)
        self.row = row

    def rows(self, **given: Any) -> list[Row]:
        """Run the query with these values, each of the type of its hole."""
        return [self.row(*row) for row in self.query.rows(given)]

    def first(self, **given: Any) -> Row | None:
        return next(iter(self.rows(**given)), None)


class CompiledObject(Generic[Object]):
    """The same for a query set of whole objects; `select_related` works, prefetching does not.

    What is to be locked can be asked for in a transaction only.
    """

    def __init__(self, make: Callable[..., QuerySet[Object]], **holes: Hole) -> None:
        self.query = _Query(make, holes)

    def all(self, **given: Any) -> list[Object]:
        """Run the query with these values, each of the type of its hole."""
        return [self._object(row) for row in self.query.rows(given)]

    def first(self, **given: Any) -> Object | None:
        rows = self.query.rows(given)
        return self._object(rows[0]) if rows else None

    def get(self, **given: Any) -> Object:
        """The same for one that must be there. Raises the model's DoesNotExist."""
        found = self.first(**given)
        if found is None:
            raise self.query.make(**given).model.DoesNotExist
        return found

    def _object(self, row: Sequence[Any]) -> Object:
        """What Django's ModelIterable does with a row."""
        compiler = self.query.statement().compiler
        described: dict[str, Any] = compiler.klass_info or {}
        first, *_, last = described["select_fields"]
        names = [column.target.attname for column, *_ in compiler.select[first : last + 1]]
        found: Object = described["model"].from_db(connection.alias, names, row[first : last + 1])
        populators = get_related_populators(  # The stubs are of a later Django.
            described,
            compiler.select,
            connection.alias,  # type: ignore[call-arg]
        )
        for related in populators:
            related.populate(row, found)
        return found


class Insert(Generic[Object]):
    """Inserting rows of one table, as `save(force_insert=True)` does, without its signals."""

    def __init__(self, model: type[Object]) -> None:
        self.model = model
        self.sql = ""

    def __call__(self, row: Object) -> Object:
        fields = [one for one in self.model._meta.local_concrete_fields if not one.generated]
        if not self.sql:
            names = ", ".join(f'"{field.column}"' for field in fields)
            places = ", ".join(["%s"] * len(fields))
            table = self.model._meta.db_table
            self.sql = f'INSERT INTO "{table}" ({names}) VALUES ({places})'  # noqa: S608
        _run(self.sql, _values(row, fields, adding=True), answers=False)
        row._state.adding, row._state.db = False, connection.alias
        return row

    def all(self, rows: Iterable[Object]) -> list[Object]:
        """Insert several rows: a few one by one, which is faster, and many at once."""
        rows = list(rows)
        if len(rows) > FEW:
            return self.model._default_manager.bulk_create(rows)
        return [self(row) for row in rows]


class Update(Generic[Object]):
    """Saving some columns of a row, as `save(update_fields=names)` does, without its signals."""

    def __init__(self, model: type[Object], *names: str) -> None:
        known = {field.name: field for field in model._meta.local_concrete_fields}
        self.fields = [known[name] for name in names]
        columns = ", ".join(f'"{field.column}" = %s' for field in self.fields)
        key = model._meta.pk
        self.fields.append(key)
        self.sql = f'UPDATE "{model._meta.db_table}" SET {columns} WHERE "{key.column}" = %s'  # noqa: S608

    def __call__(self, row: Object) -> Object:
        _run(self.sql, _values(row, self.fields, adding=False), answers=False)
        return row

    def all(self, rows: Iterable[Object]) -> None:
        """Save the columns of many rows, in one call of the database's driver."""
        with connection.cursor() as cursor:
            cursor.executemany(self.sql, [_values(row, self.fields, adding=False) for row in rows])


def _values(row: Model, fields: Iterable[Field[Any, Any]], *, adding: bool) -> list[Any]:
    saved = (field.get_db_prep_save(field.pre_save(row, adding), connection) for field in fields)
    return [_plain(value) for value in saved]


def _as_text(value: Any) -> Any:
    """A value as Django keeps it in SQLite, which knows neither UUIDs nor times."""
    if isinstance(value, UUID):
        return value.hex
    return str(value.astimezone(UTC).replace(tzinfo=None)) if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    """A choice as the text that it is, which the driver passes on faster."""
    return value.value if isinstance(value, Enum) else value


def _run(sql: str, values: Sequence[Any], *, answers: bool = True) -> list[tuple[Any, ...]]:
    database = connections[DEFAULT_DB_ALIAS]
    try:
        return execute(database, sql, values, answers=answers)
    except OperationalError:
        # A kept connection that the server has closed is noticed only now; a read can be repeated.
        if database.in_atomic_block or not answers:
            raise
        database.close()
        return execute(database, sql, values, answers=answers)


def execute(
    database: BaseDatabaseWrapper, sql: str, values: Sequence[Any], *, answers: bool = True
) -> list[tuple[Any, ...]]:
    """Run one statement past Django's cursors; the values are as the driver takes them."""
    if database.vendor != "postgresql" and _is_listened_to(database):
        with database.cursor() as cursor:
            cursor.execute(sql, values)
            return cast("list[tuple[Any, ...]]", cursor.fetchall()) if answers else []
    if database.connection is None:
        database.ensure_connection()
    database.validate_no_broken_transaction()
    if database.vendor != "postgresql":
        with database.wrap_database_errors:
            found = database.connection.execute(_questioned(sql), values)
            return found.fetchall() if answers else []
    # Django's own cursors put the values into the text of the statement, which cannot be prepared;
    # so this switch, which Django leaves off, concerns the statements of this module alone.
    database.connection.prepare_threshold = 0
    with database.wrap_database_errors, psycopg.Cursor(database.connection) as cursor:
        cursor.execute(sql, values, prepare=True)
        return cursor.fetchall() if answers else []


def _is_listened_to(database: BaseDatabaseWrapper) -> bool:
    """Whether somebody counts the statements, or stands between: a test does."""
    return bool(database.execute_wrappers) or database.queries_logged


@lru_cache(maxsize=1024)
def _questioned(sql: str) -> str:
    """The same with the marks of SQLite's own driver, as Django's cursor writes it."""
    return FORMAT_QMARK_REGEX.sub("?", sql).replace("%%", "%")
