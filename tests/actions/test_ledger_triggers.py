"""The database refuses to change history, whoever asks, and says when it no longer would."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.test.utils import isolate_apps

from governance.audit import registration, triggers
from governance.audit.actions import write_prose
from governance.audit.checks import check_protection
from governance.audit.models import LedgerEntry, LedgerStream, Prose
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
                f"CREATE OR REPLACE FUNCTION {triggers.FUNCTION}() RETURNS trigger "
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
