"""What the apps above tell of their tables: their snapshots, what is history, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import models

from governance.core.canonical import digest

if TYPE_CHECKING:
    # `apps.py` files import this module, and no model may be imported before they are read.
    from governance.core.models import Record

PROSE = "audit.Prose"

Extra = Callable[[Any], dict[str, Any]]


class Column:
    """One column of a snapshot, and what can be said of it once for all rows."""

    def __init__(self, field: models.Field[Any, Any]) -> None:
        self.field = field
        self.attname = field.attname
        self.is_prose = _is_prose(field.related_model)
        self.plain = _plain_type(field)

    def read(self, record: Record) -> Any:
        """The value as the database will return it, whatever type it was assigned as."""
        value = getattr(record, self.attname)
        # Every record of every act comes through here, and nearly every value is what it should be.
        return value if type(value) is self.plain else _stored(self.field, value)


@dataclass(frozen=True, kw_only=True)
class Registration:
    model: type[models.Model]
    exclude: frozenset[str]
    history: bool
    erasable: tuple[str, ...]
    mutable: tuple[str, ...]
    extra: Extra | None
    later: tuple[str, ...]
    removable: bool
    carried: str

    def is_carried(self, record: Record) -> bool:
        """Whether the row was made of others by an update of the portal, which no entry tells."""
        return bool(self.carried) and bool(getattr(record, self.carried))

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What the snapshot is made of, beside `extra`."""
        fields = (f for f in self.model._meta.concrete_fields if f.attname not in self.exclude)
        return tuple(Column(field) for field in fields)

    def added(self, record: Record) -> dict[str, Any]:
        return {} if self.extra is None else self.extra(record)  # noqa: S610 - not QuerySet.extra


REGISTERED: dict[type[models.Model], Registration] = {}


def register(
    model: type[models.Model],
    *,
    exclude: tuple[str, ...] = (),
    history: bool = False,
    erasable: tuple[str, ...] = (),
    mutable: tuple[str, ...] = (),
    extra: Extra | None = None,
    later: tuple[str, ...] = (),
    removable: bool = False,
    carried: str = "",
) -> None:
    """Make `model` known to the ledger. Call it in `AppConfig.ready()`.

    `exclude` names columns that the snapshot leaves out: personal data that the law may ask to
    erase, and values derived from other rows. `history` makes the table append-only in the
    database. `erasable` makes it append-only but for emptying these text columns once, in the
    same UPDATE that sets `erased_at`. `mutable` makes it a table whose rows are never deleted and
    in which only these columns ever change. `extra` adds what is not a column, such as the sorted
    identifiers of a many-to-many relation. `later` names columns that were added when entries
    already spoke of rows: those rows' digests are without them, while they hold their default.
    `removable` says that rows may be deleted, `carried` which column marks rows that no entry
    speaks of, because an update of the portal made them of others.

    Raises ImproperlyConfigured if a named column does not exist.
    """
    names = {f.attname for f in model._meta.concrete_fields}
    if unknown := ({*exclude, *erasable, *mutable, *later} - names):
        raise ImproperlyConfigured(f"{model.__name__} has no columns {sorted(unknown)}")
    REGISTERED[model] = Registration(
        model=model,
        exclude=frozenset(exclude),
        history=history or bool(erasable),
        erasable=erasable,
        mutable=mutable,
        extra=extra,
        later=later,
        removable=removable,
        carried=carried,
    )


REFUSAL_MARK = "_refuse_"
LONGEST_NAME = 63
"""PostgreSQL silently cuts what is longer."""


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A row that the database does not take, whoever writes it, and what it says then."""

    table: str
    name: str
    on: Literal["INSERT", "UPDATE"]
    when: str
    says: str

    @property
    def trigger(self) -> str:
        return f"{self.table}{REFUSAL_MARK}{self.name}"


REFUSALS: dict[str, Refusal] = {}


def forbid(
    model: type[models.Model],
    *,
    name: str,
    on: Literal["INSERT", "UPDATE"],
    when: str,
    says: str,
) -> None:
    """Have the database refuse a row of `model` where `when` holds. Call it in `ready()`.

    `when` is an SQL condition on NEW, and on OLD for an UPDATE, that SQLite and PostgreSQL both
    read; it may hold subqueries, and NULL counts as true. `says` is one sentence. Neither may
    come from anybody's input. Raises ImproperlyConfigured for a name that is too long.
    """
    refusal = Refusal(table=model._meta.db_table, name=name, on=on, when=when, says=says)
    if len(refusal.trigger) > LONGEST_NAME or "'" in says:
        raise ImproperlyConfigured(f"{refusal.trigger}: the name is too long, or {says!r} quotes")
    REFUSALS[refusal.trigger] = refusal


def names(text: str, kind: str, key: str) -> str:
    """Return the SQL condition that the reference in `text` is that of the row with this key.

    A key is 32 hex digits on SQLite and a uuid on PostgreSQL; without dashes they read the same.
    """
    return f"replace({text}, '-', '') = '{kind}:' || replace(CAST({key} AS text), '-', '')"


def guarded_models() -> list[type[models.Model]]:
    """The tables that the database itself protects, sorted by table name."""
    history = [r.model for r in REGISTERED.values() if r.history or r.mutable]
    return sorted(history, key=lambda model: model._meta.db_table)


def snapshot(record: Record) -> dict[str, Any]:
    """Return what the ledger's digest of `record` is taken of.

    The values are as the database will return them, whatever type they were assigned as. Where a
    column points to Prose, the prose's digest stands beside the pointer. Raises LookupError if
    the table was never registered.
    """
    registration = REGISTERED.get(type(record))
    if registration is None:
        raise LookupError(f"{type(record).__name__} is not registered with the ledger")
    found: dict[str, Any] = {}
    for column in registration.columns:
        value = column.read(record)
        if value is None or value == "":
            continue
        found[column.attname] = value
        if column.is_prose:
            name = column.field.name
            found[f"{name}_sha256"] = getattr(record, name).digest
    if registration.extra is not None:
        found |= {k: v for k, v in registration.added(record).items() if v not in (None, "")}
    return found


def prose_of(record: Record) -> list[Record]:
    """Return the prose that the record points to, so that an entry lists it beside the record."""
    return [prose for n in prose_names(type(record)) if (prose := getattr(record, n)) is not None]


@cache
def prose_names(model: type[models.Model]) -> tuple[str, ...]:
    """Return the names of the relations by which rows of the table point to prose."""
    return tuple(f.name for f in model._meta.concrete_fields if _is_prose(f.related_model))


def state(record: Record) -> str:
    """Return the digest of the snapshot, as it stands under `states` in an entry."""
    return digest(snapshot(record))


def possible_states(record: Record) -> set[str]:
    """Return the digests that an entry may hold of the row as it is: of a snapshot with and
    without the columns that were added later and that nobody has set.
    """
    full = snapshot(record)
    fields = {f.attname: f for f in record._meta.concrete_fields}
    later = REGISTERED[type(record)].later
    unset = {name for name in later if full.get(name) == fields[name].get_default()}
    shorter = {key: value for key, value in full.items() if key not in unset}
    return {digest(full), digest(shorter)}


_PLAIN: dict[type[models.Field[Any, Any]], type] = {
    models.BooleanField: bool,
    models.CharField: str,
    models.DateField: date,
    models.DateTimeField: datetime,
    models.PositiveBigIntegerField: int,
    models.PositiveIntegerField: int,
    models.PositiveSmallIntegerField: int,
    models.TextField: str,
    models.UUIDField: UUID,
}
"""The very type whose values a column of this kind returns as they were given."""


def _plain_type(field: models.Field[Any, Any]) -> type | None:
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return _PLAIN.get(type(field))


def _is_prose(model: type[models.Model] | str | None) -> bool:
    return isinstance(model, type) and model._meta.label == PROSE


def _stored(field: models.Field[Any, Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(field, models.FileField):
        return str(value)
    if isinstance(field, models.BinaryField):
        return bytes(value).hex()
    value = field.to_python(value)
    if isinstance(field, models.DecimalField):
        # The column has a fixed number of places; the digest must be the same before and after.
        return value.quantize(Decimal(1).scaleb(-field.decimal_places))
    return value
