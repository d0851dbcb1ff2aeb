"""Aliases: names of MLflow for one version of a model, and which of them nobody sets by hand."""

from __future__ import annotations

import re
from collections.abc import Iterable

from governance.core.errors import InvalidInput, NotFound, Refused, invalid

LATEST = "latest"
MAX_ALIAS = 255
# In ASCII, unlike MLflow: a letter of another script looks like one of a protected name.
_ALIAS = re.compile(r"[\w\-]+", re.ASCII)
_OF_A_VERSION = re.compile(r"v\d+", re.IGNORECASE)


class AliasNotFound(NotFound):
    code = "alias_not_found"


class AliasProtected(Refused):
    """The alias follows what serves in a slot, or is kept for one."""

    code = "protected_alias"


def check_alias(name: str) -> None:
    """Raise InvalidInput for what is no alias at all, in MLflow's words."""
    if not _ALIAS.fullmatch(name):
        raise _wrong(
            "characters",
            f"Invalid alias name: '{name[:MAX_ALIAS]}'. Names may only contain alphanumerics, "
            "underscores (_) and dashes (-).",
        )
    if len(name) > MAX_ALIAS:
        raise _wrong(
            "length",
            f"Registered model alias name exceeds the maximum length of {MAX_ALIAS} characters",
        )


def check_settable_alias(name: str) -> None:
    """Raise InvalidInput for what is no alias, or one that always means a certain version."""
    check_alias(name)
    if name.lower() == LATEST:
        raise _wrong("reserved", "'latest' alias name (case insensitive) is reserved.")
    if _OF_A_VERSION.fullmatch(name):
        raise _wrong("reserved", f"Version alias name '{name}' is reserved.")


def is_among(name: str, protected: Iterable[str]) -> bool:
    """Tell whether the alias is one of these, in whatever case: people read no case."""
    return name.casefold() in {other.casefold() for other in protected}


def _wrong(rule: str, message: str) -> InvalidInput:
    return invalid("alias", rule, message)
