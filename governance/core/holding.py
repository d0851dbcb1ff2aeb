"""Locks for what no row can be locked for: a row yet to come, or one that nobody may update.

PostgreSQL asks of FOR UPDATE the privilege to update, which on history nobody has.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from governance.core.canonical import sha256_hex


def hold(keys: Iterable[str]) -> None:
    """Wait for whoever holds one of these keys, until they commit; then hold them likewise.

    In the caller's transaction. On SQLite every writer has the whole database. Keys of one call
    are taken in one order; of two calls, the callers see to it.
    """
    if connection.vendor != "postgresql":
        return
    numbers = {
        int.from_bytes(bytes.fromhex(sha256_hex(key.encode()))[:8], signed=True) for key in keys
    }
    locks = ", ".join("pg_advisory_xact_lock(%s)" for _ in numbers)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {locks}", sorted(numbers))
