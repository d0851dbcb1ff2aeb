"""The database refuses to change history, whoever asks, and says when it no longer would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.test.utils import isolate_apps

from governance.audit import registration, triggers
from governance.audit.actions import write_prose
from governance.audit.checks import (
    check_protection,
    loosen_before_migrate,
    protect_after_migrate,
)
from governance.audit.models import LedgerEntry, LedgerStream, Prose
from governance.audit.triggers import history
from governance.core.models import Record
from tests.ledger_entries import NOON, small_ledger

pytestmark = pytest.mark.backend

on_sqlite = connection.vendor == "sqlite"


@pytest.fixture
def ledger(db: None) -> None:
    small_ledger()


def refused(sql: str, *params: object) -> None:
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql, params)


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("table", ["audit_ledgerentry", "audit_ledgerstream", "audit_prose"])
def test_rows_cannot_be_deleted(table: str) -> None:
    refused(f"DELETE FROM {table}")


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("audit_ledgerentry", "text"),
        ("audit_ledgerentry", "actor"),
        ("audit_ledgerstream", "seq"),
        ("audit_ledgerstream", "name"),
        ("audit_prose", "text"),
        ("audit_prose", "digest"),
    ],
)
def test_rows_cannot_be_changed(table: str, column: str) -> None:
    refused(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.usefixtures("ledger")
def test_the_orm_is_refused_too() -> None:
    entry = LedgerEntry.objects.oldest_first()[0]
    for change in (
        lambda: LedgerEntry.objects.update(actor="x"),
        lambda: LedgerEntry.objects.all().delete(),
        lambda: entry.save(),
        lambda: entry.delete(),
        lambda: LedgerStream.objects.update(seq=0),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.usefixtures("ledger")
def test_a_row_cannot_be_inserted_over() -> None:
    upsert = (
        "INSERT INTO audit_ledgerentry SELECT * FROM audit_ledgerentry WHERE true "
        "ON CONFLICT (id) DO UPDATE SET actor = 'x'"
    )
    refused(upsert)


TABLES = ("audit_ledgerentry", "audit_ledgerstream", "audit_prose")
# What only one of the two databases understands.
SQLITE = [f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}" for table in TABLES]
POSTGRESQL = [
    *(f"SET CONSTRAINTS ALL IMMEDIATE; TRUNCATE {table} CASCADE" for table in TABLES),
    "SET LOCAL session_replication_role = replica; UPDATE audit_ledgerentry SET actor = ''",
]


@pytest.mark.usefixtures("ledger")
@pytest.mark.parametrize("sql", SQLITE if on_sqlite else POSTGRESQL)
def test_the_side_doors_are_closed(sql: str) -> None:
    refused(sql)


@pytest.mark.usefixtures("ledger")
def test_a_row_cannot_be_inserted_in_the_place_of_another() -> None:
    entry = LedgerEntry.objects.oldest_first()[0]
    entry.pk = uuid4()
    fields = entry._meta.concrete_fields
    values = [f.get_db_prep_save(getattr(entry, f.attname), connection) for f in fields]
    columns, marks = ", ".join(f.column for f in fields), ", ".join(["%s"] * len(fields))
    insert = "REPLACE" if on_sqlite else "INSERT"
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{insert} INTO audit_ledgerentry ({columns}) VALUES ({marks})", values)


@pytest.mark.django_db
def test_prose_can_be_erased_once_and_no_more() -> None:
    prose = write_prose("Ada said so.")
    erased = {"salt": "", "text": "", "erased_at": NOON}
    for partial in ({"text": ""}, {"erased_at": NOON}, erased | {"digest": "0" * 64}):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            Prose.objects.filter(pk=prose.pk).update(**partial)
    assert Prose.objects.filter(pk=prose.pk).update(**erased) == 1
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Prose.objects.filter(pk=prose.pk).update(erased_at=None, text="Ada said no.", salt="1")
    assert str(Prose.objects.get(pk=prose.pk)) == "[erased 2026-11-19]"


@pytest.mark.django_db
def test_every_history_table_is_protected() -> None:
    assert triggers.missing(connection) == []
    guarded = {guard.table for guard in triggers.guards()}
    assert guarded >= {model._meta.db_table for model in registration.guarded_models()}
    assert check_protection(databases=["default"]) == []


@pytest.mark.django_db
def test_a_missing_trigger_fails_the_check_and_migrate_puts_it_back() -> None:
    gone = "audit_ledgerentry_keep_u"
    on = "" if on_sqlite else " ON audit_ledgerentry"
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {gone}{on}")
    assert triggers.missing(connection) == [gone]
    with pytest.raises(SystemCheckError, match=gone):
        call_command("check", tags=["database"], deploy=True, databases=["default"])
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []


@pytest.mark.django_db
def test_an_altered_trigger_is_as_bad_as_none() -> None:
    with connection.cursor() as cursor:
        if on_sqlite:
            cursor.execute("DROP TRIGGER audit_ledgerentry_keep_u")
            cursor.execute(
                "CREATE TRIGGER audit_ledgerentry_keep_u BEFORE UPDATE ON audit_ledgerentry "
                "WHEN 1 = 2 BEGIN SELECT RAISE(ABORT, 'no'); END"
            )
        else:
            cursor.execute("ALTER TABLE audit_ledgerentry DISABLE TRIGGER audit_ledgerentry_keep_u")
    assert triggers.missing(connection) == ["audit_ledgerentry_keep_u"]
    assert triggers.install(connection) == ["audit_ledgerentry_keep_u"]
    assert triggers.install(connection) == []


if not on_sqlite:

    @pytest.mark.django_db
    def test_a_hollowed_out_function_is_found_and_mended() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {history.FUNCTION}() RETURNS trigger "
                "LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
            )
        assert "audit_ledgerentry_keep_d" in triggers.missing(connection)
        triggers.install(connection)
        assert triggers.missing(connection) == []


@pytest.fixture
def past(transactional_db: None) -> Iterator[type[Record]]:
    """A history table with a key that holds only for some of its rows."""
    with isolate_apps("governance.core"):

        class Past(Record):
            REF = "past"
            name = models.CharField(max_length=20)
            kind = models.CharField(max_length=20)

            class Meta:
                app_label = "core"
                constraints = [
                    models.UniqueConstraint(
                        fields=["name"], condition=Q(kind="LIVE"), name="past_live"
                    )
                ]

    with connection.schema_editor() as editor:
        editor.create_model(Past)
    registration.register(Past, history=True)
    triggers.install(connection)
    yield Past
    del registration.REGISTERED[Past]
    triggers.remove(connection)
    with connection.schema_editor() as editor:
        editor.delete_model(Past)
    triggers.install(connection)


def test_a_partial_key_guards_against_replace_and_nothing_else(past: type[Record]) -> None:
    past.objects.create(name="a", kind="LIVE")
    past.objects.create(name="a", kind="GONE")
    past.objects.create(name="a", kind="GONE")
    past.objects.create(name="b", kind="LIVE")
    with pytest.raises(IntegrityError), transaction.atomic():
        past.objects.create(name="a", kind="LIVE")
    if on_sqlite:
        refused("REPLACE INTO core_past VALUES ('00', 's', 'a', 'LIVE')")


def test_a_rebuilt_table_is_protected_again_after_migrate(past: type[Record]) -> None:
    past.objects.create(name="a", kind="LIVE")
    field = models.CharField(max_length=5, default="new")
    field.set_attributes_from_name("added")
    with connection.schema_editor() as editor:
        editor.add_field(past, field)
    assert bool(triggers.missing(connection)) is on_sqlite
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []
    refused("UPDATE core_past SET name = 'b'")


@pytest.fixture
def rows(transactional_db: None) -> Iterator[type[Record]]:
    """A table that takes only some rows: none like one there, and none renamed to "gone"."""
    with isolate_apps("governance.core"):

        class Row(Record):
            REF = "row"
            name = models.CharField(max_length=20, null=True)  # noqa: DJ001 - what compares with it can be NULL

            class Meta:
                app_label = "core"

    with connection.schema_editor() as editor:
        editor.create_model(Row)
    there = "EXISTS (SELECT 1 FROM core_row r WHERE r.name = NEW.name)"
    registration.forbid(
        Row, name="seen", on="INSERT", when=f"NEW.name IS NULL OR {there}", says="Seen."
    )
    registration.forbid(
        Row, name="gone", on="UPDATE", when="NEW.name = 'gone' OR OLD.name = 'fixed'", says="Gone."
    )
    triggers.install(connection)
    yield Row
    triggers.remove_refusals(connection)
    for name in ("core_row_refuse_seen", "core_row_refuse_gone"):
        registration.REFUSALS.pop(name, None)
    with connection.schema_editor() as editor:
        editor.delete_model(Row)
    triggers.install(connection)


def is_refused(act: Callable[[], object], says: str) -> None:
    with pytest.raises(IntegrityError, match=says), transaction.atomic():
        act()


def assert_guarded(rows: type[Record]) -> None:
    """The table holds one row, named a."""
    is_refused(lambda: rows.objects.create(name="a"), "Seen")
    is_refused(lambda: rows.objects.create(name=None), "Seen")
    is_refused(lambda: rows.objects.bulk_create([rows(name="b"), rows(name="b")]), "Seen")
    is_refused(lambda: rows.objects.update(name="gone"), "Gone")
    # What cannot be told is refused: NULL = 'gone' is neither true nor false.
    is_refused(lambda: rows.objects.update(name=None), "Gone")
    assert list(rows.objects.values_list("name", flat=True)) == ["a"]


def test_a_refusal_holds_for_what_it_names_and_for_nothing_else(rows: type[Record]) -> None:
    rows.objects.create(name="a")
    rows.objects.update(name="b")
    rows.objects.update(name="a")
    assert_guarded(rows)
    assert triggers.install(connection) == []


def drop(name: str, table: str = "core_row") -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))


def test_a_dropped_refusal_is_missed_and_put_back(rows: type[Record]) -> None:
    rows.objects.create(name="a")
    drop("core_row_refuse_seen")
    assert triggers.missing(connection) == ["core_row_refuse_seen"]
    assert [error.id for error in check_protection(databases=["default"])] == ["audit.E001"]
    call_command("migrate", verbosity=0)
    assert_guarded(rows)


ALTERED = (
    [
        "DROP TRIGGER core_row_refuse_seen; CREATE TRIGGER core_row_refuse_seen BEFORE INSERT "
        "ON core_row WHEN 1 = 2 BEGIN SELECT RAISE(ABORT, 'Seen.'); END",
        "DROP TRIGGER core_row_refuse_seen; CREATE TRIGGER core_row_refuse_seen BEFORE DELETE "
        "ON core_row BEGIN SELECT RAISE(ABORT, 'Seen.'); END",
    ]
    if on_sqlite
    else [
        "ALTER TABLE core_row DISABLE TRIGGER core_row_refuse_seen",
        "ALTER TABLE core_row ENABLE TRIGGER core_row_refuse_seen",
        "ALTER FUNCTION core_row_refuse_seen() SET search_path = pg_temp",
        "ALTER FUNCTION core_row_refuse_seen() RESET search_path",
        "CREATE OR REPLACE FUNCTION core_row_refuse_seen() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
        "DROP TRIGGER core_row_refuse_seen ON core_row; CREATE TRIGGER core_row_refuse_seen "
        "BEFORE INSERT ON core_row FOR EACH ROW WHEN (false) EXECUTE FUNCTION "
        "core_row_refuse_seen(); ALTER TABLE core_row ENABLE ALWAYS TRIGGER core_row_refuse_seen",
    ]
)


@pytest.mark.parametrize("sql", ALTERED)
def test_an_altered_refusal_is_missed_and_put_back(rows: type[Record], sql: str) -> None:
    rows.objects.create(name="a")
    with connection.cursor() as cursor:
        for statement in sql.split("; CREATE") if on_sqlite else [sql]:
            made = statement.startswith(" TRIGGER")
            cursor.execute(f"CREATE{statement}" if made else statement)
    assert triggers.missing(connection) == ["core_row_refuse_seen"]
    assert triggers.install(connection) == ["core_row_refuse_seen"]
    assert_guarded(rows)


def test_a_refusal_that_nobody_states_any_more_goes(rows: type[Record]) -> None:
    rows.objects.create(name="a")
    del registration.REFUSALS["core_row_refuse_seen"]
    assert triggers.install(connection) == []
    rows.objects.create(name="a")
    is_refused(lambda: rows.objects.update(name="gone"), "Gone")


def test_tables_can_be_rebuilt_although_refusals_elsewhere_speak_of_them(
    rows: type[Record],
) -> None:
    """What `migrate` does: SQLite renames no table of which a trigger of another one speaks."""
    registration.forbid(
        Prose, name="of_rows", on="INSERT", says="Of rows.",
        when="EXISTS (SELECT 1 FROM core_row r WHERE r.name = NEW.text)",
    )  # fmt: skip
    try:
        triggers.install(connection)
        rows.objects.create(name="a")
        loosen_before_migrate(using="default", plan=[])
        assert triggers.missing(connection) == []
        loosen_before_migrate(using="default", plan=[object()])
        assert set(triggers.missing(connection)) == registration.REFUSALS.keys()
        field = models.CharField(max_length=5, default="new")
        field.set_attributes_from_name("added")
        with connection.schema_editor() as editor:
            editor.add_field(rows, field)
            editor.alter_field(rows, field, _longer())
        protect_after_migrate(using="default")
        assert triggers.missing(connection) == []
        is_refused(lambda: Prose.objects.create(text="a"), "Of rows")
    finally:
        del registration.REFUSALS["audit_prose_refuse_of_rows"]
        triggers.install(connection)


def _longer() -> models.Field[str, str]:
    field: models.Field[str, str] = models.CharField(max_length=9, default="new")
    field.set_attributes_from_name("added")
    return field


def test_a_name_that_postgresql_would_cut_is_none() -> None:
    with pytest.raises(ImproperlyConfigured):
        registration.forbid(Prose, name="x" * 60, on="INSERT", when="true", says="No.")
    with pytest.raises(ImproperlyConfigured):
        registration.forbid(Prose, name="x", on="INSERT", when="true", says="It's no.")


@pytest.mark.django_db
def test_a_reference_in_text_is_compared_with_a_key() -> None:
    """Keys are 32 hex digits on SQLite, and uuids on PostgreSQL."""
    prose, other = Prose.objects.create(text="a"), Prose.objects.create(text="b")
    for text, found in (
        (prose.ref, 1),
        (other.ref.replace("prose", "proses"), 0),
        (f"{prose.ref}0", 0),
        (str(prose.pk), 0),
        ("", 0),
    ):
        condition = registration.names("%s", Prose.REF, "p.id")
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM audit_prose p WHERE p.text = 'a' AND {condition}", [text]
            )
            assert cursor.fetchone()[0] == found, text
