"""What the portal's own role may do on PostgreSQL: it owns nothing and cannot change history.

Triggers stop a bug and a careless hand, but whoever owns a table can take them off it. So the
tables belong to another role, which migrates, and the role that serves pages and runs jobs is
granted what the triggers would let pass, column by column.
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from psycopg.sql import Identifier, Literal

from governance.audit.triggers import guards
from governance.core.ownership import portal_role

ALL = ("SELECT", "INSERT", "UPDATE", "DELETE")
READ_ONLY = frozenset({"django_migrations"})
LOCK = 8_021_455_110
"""Two servers that start at once would otherwise write the same rows of the catalog."""


def rights(connection: BaseDatabaseWrapper) -> dict[str, tuple[str, ...]]:
    """Table → what the portal's role is granted on it, as GRANT reads it."""
    guarded = {guard.table: guard.columns for guard in guards()}
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    found = {table: _rights(guarded.get(table)) for table in tables}
    return found | dict.fromkeys(READ_ONLY, ("SELECT",))


def _rights(columns: tuple[str, ...] | None) -> tuple[str, ...]:
    """`columns` are those of a guarded table that may change; None for any other table."""
    if columns is None:
        return ALL
    changing = ", ".join(f'"{column}"' for column in columns)
    return ("SELECT", "INSERT", *([f"UPDATE ({changing})"] if changing else []))


def grant_after_migrate(*, using: str, **_: object) -> None:
    """A new table is nobody's but its owner's; the portal's role gets its share of it here."""
    if settings.DATABASE_OWNER:
        grant(connections[using], role=portal_role())


def grant(connection: BaseDatabaseWrapper, *, role: str) -> int:
    """Give `role` exactly its rights, and make it if it is not there; return on how many tables.

    As the owner of the tables. Can be run again: what was granted beyond is taken back. Raises
    ImproperlyConfigured where that cannot be.
    """
    if connection.vendor != "postgresql":
        raise ImproperlyConfigured("SQLite has no roles: there is nothing to grant.")
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, pg_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone()[0] == role:
            raise ImproperlyConfigured(
                f"{role} would grant to itself: DATABASE_OWNER_URL names the role that owns the "
                "tables, DATABASE_URL the one that serves."
            )
        _ensure(connection, cursor, role)
        name, schema = Identifier(role).as_string(), _schema(cursor)
        # Who may create here could put a function in the way of those that triggers call.
        cursor.execute(f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC, {name}")
        cursor.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
        cursor.execute(f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {name}")
        tables = rights(connection)
        for table, granted in tables.items():
            cursor.execute(f'REVOKE ALL ON TABLE "{table}" FROM {name}')
            cursor.execute(f'GRANT {", ".join(granted)} ON TABLE "{table}" TO {name}')
    return len(tables)


def _ensure(connection: BaseDatabaseWrapper, cursor: CursorWrapper, role: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone():
        return
    password = settings.DATABASES["default"].get("PASSWORD", "")
    cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
    if role != portal_role() or not password or not cursor.fetchone()[0]:
        raise ImproperlyConfigured(
            f"There is no role {role} in the database. Let an administrator of the server run: "
            f"CREATE ROLE {Identifier(role).as_string()} LOGIN PASSWORD '…';"
        )
    # Only the verifier travels, so that no log of the server holds the password.
    verifier = connection.connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    )
    cursor.execute(
        f"CREATE ROLE {Identifier(role).as_string()} LOGIN "
        f"PASSWORD {Literal(verifier.decode()).as_string()}"
    )


def _schema(cursor: CursorWrapper) -> str:
    cursor.execute("SELECT quote_ident(current_schema())")
    return str(cursor.fetchone()[0])
