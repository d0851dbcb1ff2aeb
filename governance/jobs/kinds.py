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
_PATIENT: set[str] = set()


def job(kind: str, *, patient: bool = False) -> Callable[[Handler], Handler]:
    """Register the decorated function as what runs jobs of this kind.

    A handler may be started again after a worker died, so what it does twice must hold once. Jobs
    of a `patient` kind are heavy and come in great numbers: they wait until nothing else does, and
    run one at a time, however many workers there are.
    """

    def register(function: Handler) -> Handler:
        _HANDLERS[kind] = function
        if patient:
            _PATIENT.add(kind)
        return function

    return register


def patient_kinds() -> frozenset[str]:
    return frozenset(_PATIENT)


def handler(kind: str) -> Handler:
    """Return the function for this kind. Raises UnknownKind."""
    if kind not in _HANDLERS:
        raise UnknownKind(f"There is no job of the kind {kind!r}.")
    return _HANDLERS[kind]
