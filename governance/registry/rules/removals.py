"""What stands against taking a model or a version out of the registry."""

from __future__ import annotations

from governance.core.errors import Refused, WrongState


class StillServing(Refused):
    """A version that serves somewhere is not removed."""

    code = "version_serves"


class NotArchived(WrongState):
    """Only what is Archived is removed."""

    code = "version_not_archived"


class VersionRemoved(WrongState):
    """The version was removed: it stays on record and goes nowhere."""

    code = "version_removed"


MAX_NAME = 255


def names_of_removed(name: str, key: str) -> tuple[str, str]:
    """Return the name a removed model goes by, so that its own is free, and one surely unused.

    `key` is the model's UUID in hex.
    """
    tails = f"~{key[:8]}", f"~{key}"
    short, long = (f"{name[: MAX_NAME - len(tail)]}{tail}" for tail in tails)
    return short, long
