"""Telling those who follow the ledger that something was committed. Best effort by design."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def on_wake(listener: Callable[[], None]) -> None:
    """Have `listener` called after each commit that appended to the ledger.

    It must be quick and may be called more than once for one commit. Work that must not be lost
    hangs on a follower's cursor, not on this call.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def wake() -> None:
    for listener in _listeners:
        listener()
