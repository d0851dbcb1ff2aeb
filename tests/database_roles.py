"""Two roles on the tests' PostgreSQL: the one it was made by owns the tables, another serves."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection
from django.test import override_settings

from governance.audit.roles import grant
from governance.core.ownership import as_owner

ROLE = "countersign_portal"


def portal_role_of(database: str) -> str:
    """A role is known to the whole server, which the databases of several processes share."""
    return f"{ROLE}_{database}"


@contextmanager
def serving_role() -> Iterator[str]:
    """Let the block work as a role that was granted what the portal's gets, and nothing more."""
    ours = settings.DATABASES["default"]
    owner = {key: ours[key] for key in ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT")}
    role = portal_role_of(ours["NAME"])
    connection.close()
    ours.update(USER=role, PASSWORD=secrets.token_hex(8))
    try:
        with override_settings(DATABASE_OWNER=owner):
            with as_owner():
                grant(connection, role=role)
            yield role
    finally:
        connection.close()
        ours.update(owner)
        with connection.cursor() as cursor:
            cursor.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
