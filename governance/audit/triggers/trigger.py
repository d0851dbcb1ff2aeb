"""One trigger, whatever it guards against."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """One trigger: how it is made, and how the database describes it while it is unaltered.

    `function` makes the function that it calls, where the database has such; it can be run again.
    """

    table: str
    name: str
    sql: str
    reads: str
    function: str = ""


def create_on_postgresql(trigger: str, table: str, event: str, function: str) -> str:
    return (
        f"CREATE TRIGGER {trigger} BEFORE {event} EXECUTE FUNCTION {function}(); "
        # ALWAYS: otherwise `SET session_replication_role = replica` passes it by.
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}"
    )
