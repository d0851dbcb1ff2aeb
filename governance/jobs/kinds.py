"""Which function runs which kind of job. Apps register theirs in `tasks.py`, read at start-up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from governance.jobs.rules import UnknownKind

if TYPE_CHECKING:
    from governance.jobs.running import JobRun

Result: TypeAlias = dict[str, Any]
Handler: TypeAlias = "Callable[[JobRun], Result]"

_HANDLERS: dict[str, Handler] = {}


def job(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function as what runs jobs of this kind.

    A handler may be started again after a worker died, so what it does twice must hold once.
    """

    def register(function: Handler) -> Handler:
        _HANDLERS[kind] = function
        return function

    return register


def handler(kind: str) -> Handler:
    """Return the function for this kind. Raises UnknownKind."""
    if kind not in _HANDLERS:
        raise UnknownKind(f"There is no job of the kind {kind!r}.")
    return _HANDLERS[kind]
