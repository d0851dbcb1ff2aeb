"""Two roles on PostgreSQL: the owner of the tables migrates, the portal's own serves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections


def portal_role() -> str:
    """The role that serves pages and runs jobs."""
    return str(settings.DATABASES[DEFAULT_DB_ALIAS]["USER"])


@contextmanager
def as_owner() -> Iterator[None]:
    """Let the block work as the role of DATABASE_OWNER_URL; where none is named, as ever.

    On a connection of its own: what was not committed before is not seen inside.
    """
    ours = connections[DEFAULT_DB_ALIAS]
    owner = settings.DATABASE_OWNER
    if not owner or ours.settings_dict["USER"] == owner["USER"]:
        yield
        return
    theirs = ours.copy()
    theirs.settings_dict.update({**owner, "NAME": ours.settings_dict["NAME"]})
    connections[DEFAULT_DB_ALIAS] = theirs
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = ours
        theirs.close()
