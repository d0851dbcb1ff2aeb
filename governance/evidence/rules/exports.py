"""The format of the export of all that is on record, and how values stand in it."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import Any

from governance.core.canonical import timestamp

FORMAT = "countersign.export/1"
MODELS_AT_ONCE = 100

_UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_NAMED = re.compile(rf"\b(?:user|service|unit):{_UUID}\b")


def written(value: Any) -> str:
    """Return the JSON of a part of the document: times in UTC, everything else as it is stored."""
    return json.dumps(value, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    match value:
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
    return str(value)


def named_in(text: str) -> set[str]:
    """Return the references to people, service accounts and units that the text holds."""
    return set(_NAMED.findall(text))
