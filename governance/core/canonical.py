"""Canonical text and digests: equal facts give equal bytes, on every machine and in every language.

The text is RFC 8785 (JSON Canonicalization Scheme). The gate in front of it admits only values
that every JSON implementation prints alike: no floats, integers within ±(2^53 - 1), ASCII keys.
So Python's own encoder gives that text, with sorted keys and no spaces.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

MAX_INTEGER = 2**53 - 1
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


class NotCanonical(ValueError):
    """A value that has no canonical text."""


def timestamp(at: datetime) -> str:
    """Return the instant in UTC with six digits of a second: `2026-11-19T10:12:40.000000Z`."""
    if at.tzinfo is None:
        raise NotCanonical("a time needs a time zone")
    utc = at if at.tzinfo is UTC else at.astimezone(UTC)
    # Four times as fast as strftime, and the year has four digits on every system.
    return f"{utc.isoformat(timespec='microseconds').removesuffix('+00:00')}Z"


def _same(value: Any) -> Any:
    return value


def _text(value: str) -> str:
    if "\x00" in value:
        raise NotCanonical("text holds a NUL character")
    if not value.isascii():
        try:
            # Only a lone surrogate has no UTF-8; to look at each character here takes far longer.
            value.encode()
        except UnicodeEncodeError:
            raise NotCanonical("text holds a lone surrogate") from None
    return value


def _integer(value: int) -> int:
    if abs(value) > MAX_INTEGER:
        raise NotCanonical(f"integer {value} is beyond ±(2^53 - 1)")
    return value


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    admitted = {}
    for key, inner in value.items():
        if not isinstance(key, str) or not key.isascii():
            raise NotCanonical(f"key {key!r} is not ASCII text")
        admitted[key] = admit(inner)
    return admitted


def _sequence(value: Sequence[Any]) -> list[Any]:
    return [admit(inner) for inner in value]


def admit(value: Any) -> Any:
    """Return the plain JSON value that stands for `value`, or raise NotCanonical."""
    plain = _PLAIN.get(type(value))
    return _admit_other(value) if plain is None else plain(value)


_PLAIN: dict[type, Callable[[Any], Any]] = {
    type(None): _same,
    bool: _same,
    str: _text,
    int: _integer,
    datetime: timestamp,
    date: date.isoformat,
    UUID: str,
    dict: _mapping,
    list: _sequence,
    tuple: _sequence,
}
"""What nearly all values are, by their very type: an entry is made of dozens of them."""


def _admit_other(value: Any) -> Any:
    """The same for whatever is derived from these types, or stands for one."""
    match value:
        case Enum():
            return admit(value.value)
        case str():
            return _text(value)
        case int():
            return _integer(value)
        case Decimal():
            return format(value, "f")
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return _mapping(value)
        case Sequence() if not isinstance(value, bytes | bytearray):
            return _sequence(value)
    raise NotCanonical(f"{type(value).__name__} has no canonical form")


def canonical(value: Any) -> str:
    """Return the RFC 8785 text of `value`. Raises NotCanonical."""
    return encoded(admit(value))


def encoded(admitted: Any) -> str:
    """Return the text of what `admit` returned, or of what is known to be such."""
    return _ENCODER.encode(admitted)


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical text, as 64 lower-case hexadecimal digits."""
    return sha256_hex(canonical(value).encode())
