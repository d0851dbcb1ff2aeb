"""What the doctor looks at: each app adds its own looks at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One thing looked at. `needed` tells whether the portal cannot work without it."""

    name: str
    fine: bool
    text: str
    needed: bool = True


OBSERVERS: list[Callable[[], Observation]] = []
"""Looks that the rungs above add in `ready()`; core knows none of them."""
