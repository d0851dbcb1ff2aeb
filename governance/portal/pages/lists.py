"""What lists of the portal have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ListView:
    """One of the views that everybody has of a list, by the key in its address."""

    key: str
    label: str
    count: int
    tone: str = "mute"
