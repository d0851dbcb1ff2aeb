"""Work that falls due by itself as time passes. Apps register theirs in `tasks.py`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Look = Callable[[datetime], None]

_LOOKS: list[Look] = []


def every_minute(look: Look) -> Look:
    """Have the decorated function called about once a minute, to queue what has fallen due.

    It must be quick, and may be called by two workers at once: a job's key keeps it from standing
    in the queue twice.
    """
    _LOOKS.append(look)
    return look


def look_around(at: datetime) -> None:
    for look in _LOOKS:
        look(at)
