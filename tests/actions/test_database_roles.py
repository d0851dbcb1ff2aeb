"""On PostgreSQL the role that serves can add to history and change none of it."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, ProgrammingError, connection, transaction

from governance.audit import triggers
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.roles import faults, grant, rights, roles
from governance.audit.verification import verify
from governance.core.ownership import as_owner
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests import remembering
from tests.database_roles import portal_role_of, serving_role
from tests.ledger_entries import small_ledger

pytestmark = pytest.mark.backend

on_postgresql = connection.vendor == "postgresql"


@pytest.mark.django_db
def test_every_table_has_its_rights_and_history_the_fewest() -> None:
    found = rights(connection)
    assert set(connection.introspection.table_names()) == found.keys()
    for guard in triggers.guards():
        changing = [right for right in found[guard.table] if right not in {"SELECT", "INSERT"}]
        assert bool(changing) is bool(guard.allowed), guard.table
        assert all(right.startswith("UPDATE (") for right in changing), guard.table
    assert found["audit_ledgerstream"] == ("SELECT", "INSERT", 'UPDATE ("seq", "head")')
    assert found["audit_prose"] == ("SELECT", "INSERT", 'UPDATE ("salt", "text", "erased_at")')
    assert found["approvals_signoff"] == ("SELECT", "INSERT")
    assert found["django_migrations"] == ("SELECT",)
    assert found["jobs_job"] == ("SELECT", "INSERT", "UPDATE", "DELETE")


if not on_postgresql:

    @pytest.mark.django_db
    def test_on_sqlite_there_is_nothing_to_grant_and_the_doctor_says_why() -> None:
        with pytest.raises(CommandError, match="SQLite has no roles"):
            call_command("grant_database")
        seen = roles()
        assert (seen.needed, seen.fine) == (False, False)
        assert "can drop its triggers" in seen.text


@pytest.fixture
def role(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The test works as the role that serves; what scenes left is not put back past the rules."""
    monkeypatch.setattr(remembering, "SCENES", {})
    with serving_role() as name:
        yield name


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


ENTRIES = "audit_ledgerentry"
FUNCTION = "countersign_append_only()"
HOLLOW = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"
ATTACKS = [
    f"UPDATE {ENTRIES} SET actor = 'user:another'",
    f"UPDATE {ENTRIES} SET seq = seq + 1",
    f"DELETE FROM {ENTRIES}",
    f"TRUNCATE {ENTRIES} CASCADE",
    f"INSERT INTO {ENTRIES} SELECT * FROM {ENTRIES} ON CONFLICT (id) DO UPDATE SET actor = 'x'",
    f"MERGE INTO {ENTRIES} e USING audit_ledgerstream s ON s.id = e.stream_id "
    "WHEN MATCHED THEN DELETE",
    f"SELECT * FROM {ENTRIES} FOR UPDATE",
    "UPDATE audit_ledgerstream SET name = 'other'",
    "UPDATE audit_prose SET digest = ''",
    f"ALTER TABLE {ENTRIES} DISABLE TRIGGER ALL",
    f"ALTER TABLE {ENTRIES} DISABLE TRIGGER {ENTRIES}_keep_u",
    f"DROP TRIGGER {ENTRIES}_keep_u ON {ENTRIES}",
    f"CREATE TRIGGER mine BEFORE INSERT ON {ENTRIES} EXECUTE FUNCTION {FUNCTION}",
    f"CREATE RULE mine AS ON INSERT TO {ENTRIES} DO INSTEAD NOTHING",
    f"CREATE OR REPLACE FUNCTION {FUNCTION} {HOLLOW}",
    f"ALTER FUNCTION {FUNCTION} SET search_path = pg_temp",
    f"DROP FUNCTION {FUNCTION} CASCADE",
    f"CREATE FUNCTION replace(varchar, text, text) {HOLLOW}",
    f"ALTER TABLE {ENTRIES} ADD COLUMN more text",
    f"ALTER TABLE {ENTRIES} OWNER TO CURRENT_USER",
    f"DROP TABLE {ENTRIES} CASCADE",
    "CREATE TABLE shadow (id int)",
    "DROP SCHEMA public CASCADE",
    "SET session_replication_role = replica",
    "ALTER ROLE CURRENT_USER SUPERUSER",
    "CREATE ROLE another",
    f"COPY {ENTRIES} FROM PROGRAM 'true'",
    "DELETE FROM django_migrations",
]


def standing() -> tuple[list[str], list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Everything an attack could have moved."""
    return (
        triggers.missing(connection),
        sorted(LedgerEntry.objects.values_list("id", "seq", "actor", "text")),
        sorted(LedgerStream.objects.values_list("id", "name", "seq", "head")),
    )


if on_postgresql:

    def test_whatever_the_serving_role_tries_is_refused(role: str) -> None:
        small_ledger()
        before = standing()
        with as_owner():
            owner = connection.settings_dict["USER"]
        becoming = [f"SET ROLE {owner}", f"SET SESSION AUTHORIZATION {owner}"]
        for attack in (*ATTACKS, *becoming):
            with pytest.raises(DatabaseError) as refusal, transaction.atomic():
                run(attack)
            said = str(refusal.value)
            assert "permission denied" in said or "must be" in said, (attack, said)
        assert standing() == before
        assert verify().intact

    def test_no_column_of_history_can_be_set_but_those_that_the_triggers_let_pass(
        role: str,
    ) -> None:
        for guard in triggers.guards():
            for field in guard.model._meta.concrete_fields:
                sql = f'UPDATE {guard.table} SET "{field.column}" = "{field.column}" WHERE false'
                if field.column in guard.columns:
                    run(sql)
                    continue
                with pytest.raises(ProgrammingError, match="permission denied"):
                    run(sql)
            for sql in (f"DELETE FROM {guard.table} WHERE false", f"TRUNCATE {guard.table}"):
                with pytest.raises(ProgrammingError, match="permission denied"):
                    run(sql)

    def test_granting_to_itself_changes_nothing(role: str) -> None:
        run(f"GRANT UPDATE, DELETE ON {ENTRIES} TO CURRENT_USER")  # a warning, no more
        assert faults(connection) == []
        with pytest.raises(ImproperlyConfigured, match="would grant to itself"):
            grant(connection, role=role)
        assert faults(connection) == []

    def test_a_version_goes_from_registration_to_production_through_that_role_alone(
        role: str,
    ) -> None:
        cast = f.make_cast()
        f.make_policies(cast)
        version = f.make_version(cast, f.make_model(cast))
        f.make_champion(cast, version)
        assert ModelVersion.objects.get(pk=version.pk).stage == Stage.PRODUCTION
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user, session_user")
            assert cursor.fetchone() == (role, role)
        assert verify().intact

    def test_the_whole_demo_is_seeded_through_that_role_alone(role: str) -> None:
        call_command("seed_demo", stdout=io.StringIO())
        assert ModelVersion.objects.filter(stage=Stage.PRODUCTION).exists()
        assert faults(connection) == []
        assert verify().intact

    # The doctor

    @pytest.fixture
    def looked_at(db: None) -> Iterator[str]:
        """A role that was granted what it needs, in a transaction that is rolled back."""
        role = portal_role_of(connection.settings_dict["NAME"])
        run(
            f"CREATE ROLE {role}; CREATE ROLE {role}_more; ALTER SCHEMA public OWNER TO {role}_more"
        )
        grant(connection, role=role)
        return role

    def told(role: str) -> str:
        run(f"SET LOCAL ROLE {role}")
        seen = roles()
        run("RESET ROLE")
        assert seen.needed
        assert seen.fine is not ("docs/configuration.md" in seen.text)
        return seen.text

    def test_the_doctor_is_content_with_what_was_granted(looked_at: str) -> None:
        assert "owns no table, adds to history and cannot change it" in told(looked_at)

    MENDED = {
        f"GRANT UPDATE ON {ENTRIES} TO role": f"may UPDATE {ENTRIES}.actor",
        f"GRANT UPDATE (text) ON {ENTRIES} TO role": f"may UPDATE {ENTRIES}.text.",
        "GRANT UPDATE (name) ON audit_ledgerstream TO role": "may UPDATE audit_ledgerstream.name.",
        "GRANT DELETE ON approvals_signoff TO role": "may DELETE approvals_signoff.",
        "GRANT TRUNCATE ON audit_prose TO role": "may TRUNCATE audit_prose.",
        f"GRANT TRIGGER ON {ENTRIES} TO role": f"may TRIGGER {ENTRIES}.",
        "GRANT CREATE ON SCHEMA public TO role": "may create in the schema.",
        "GRANT CREATE ON SCHEMA public TO PUBLIC": "may create in the schema.",
        f"REVOKE INSERT ON {ENTRIES} FROM role": f"lacks INSERT on {ENTRIES}.",
        "REVOKE ALL ON jobs_job FROM role": "lacks SELECT on jobs_job; lacks INSERT on jobs_job.",
    }
    TOLD = {
        "ALTER ROLE role SUPERUSER": "is a superuser",
        "ALTER ROLE role CREATEROLE": "may make roles",
        "GRANT pg_execute_server_program TO role": "is a member of pg_execute_server_program",
        "GRANT pg_write_all_data TO role": "may DELETE accounts_apitoken, ",
        f"ALTER TABLE {ENTRIES} OWNER TO role": f"owns {ENTRIES}",
        f"ALTER FUNCTION {FUNCTION} OWNER TO role": "owns the functions countersign_append_only",
        "ALTER SCHEMA public OWNER TO role": "owns the schema",
        "ALTER DATABASE here OWNER TO role": "owns the database",
        # What it could become by SET ROLE counts as well.
        f"ALTER TABLE {ENTRIES} OWNER TO role_more; GRANT role_more TO role WITH INHERIT FALSE": (
            f"owns {ENTRIES}"
        ),
        f"GRANT DELETE ON {ENTRIES} TO role_more; GRANT role_more TO role WITH INHERIT FALSE": (
            f"may DELETE {ENTRIES}"
        ),
        "GRANT SET ON PARAMETER session_replication_role TO role": "may set session_replication_",
    }

    def said_for(sql: str, role: str) -> str:
        here = connection.ops.quote_name(connection.settings_dict["NAME"])
        return sql.replace(" role", f" {role}").replace(" here ", f" {here} ")

    @pytest.mark.parametrize(("sql", "says"), [*MENDED.items(), *TOLD.items()])
    def test_the_doctor_says_what_the_role_could_do(looked_at: str, sql: str, says: str) -> None:
        run(said_for(sql.replace(" role_more", f" {looked_at}_more"), looked_at))
        assert says in told(looked_at)

    @pytest.mark.parametrize("sql", MENDED)
    def test_what_was_granted_beyond_is_taken_back(looked_at: str, sql: str) -> None:
        run(said_for(sql, looked_at))
        grant(connection, role=looked_at)
        assert "owns no table" in told(looked_at)

    @pytest.mark.django_db
    def test_the_role_that_tests_run_as_is_no_role_to_serve_with() -> None:
        seen = roles()
        assert (seen.fine, seen.needed) == (False, True)
        assert "is a superuser, for whom no trigger and no grant holds" in seen.text
        with pytest.raises(CommandError, match="would grant to itself"):
            call_command("grant_database")
        with pytest.raises(CommandError, match="There is no role nobody_here"):
            call_command("grant_database", role="nobody_here")
