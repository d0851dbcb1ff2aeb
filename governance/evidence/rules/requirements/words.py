"""The closed lists that requirements choose from: kinds of evidence, and whom one concerns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from governance.core.strict_yaml import strict_content

DATA = Path(__file__).parents[2] / "data"
MAX_TEXT = 256 * 1024


def evidence_kinds() -> Mapping[str, str]:
    """Return the words for each kind of evidence, in the order of a model's life."""
    return _words("kinds")


def concerned() -> Mapping[str, str]:
    """Return the words for each of those whom a requirement may concern."""
    return _words("concerned")


@cache
def _words(key: str) -> Mapping[str, str]:
    text = (DATA / "kinds.yaml").read_text(encoding="utf-8")
    entries: list[Mapping[str, Any]] = strict_content(text, noun="kinds", longest=MAX_TEXT)[key]
    return {entry["id"]: entry["label"] for entry in entries}
