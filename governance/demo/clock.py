"""The time that passes in the demo while it is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass
class Clock:
    """The demo's own time: each act a little after the one before it."""

    at: datetime

    def tick(self, **delta: int) -> datetime:
        self.at += timedelta(**(delta or {"minutes": 17}))
        return self.at
