"""Frozen dataclasses as plain JSON values and back. What is empty is not written."""

from __future__ import annotations

import types
from collections.abc import Mapping, Set
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def encoded(value: Any, without: Set[str] = frozenset()) -> Any:
    """Return the JSON value of a dataclass, tuple, mapping or text."""
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((one.name, getattr(value, one.name)) for one in fields(value))
        return {
            name: inner
            for name, raw in pairs
            if name not in without and not is_empty(inner := encoded(raw))
        }
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [encoded(inner) for inner in value]
    return value


def is_empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


@cache
def _hints(cls: type) -> dict[str, Any]:
    return get_type_hints(cls)


def decoded(cls: Any, value: Any) -> Any:
    """Return what `encoded` was given. The value has passed the schema of its type."""
    if get_origin(cls) in {Union, types.UnionType}:
        cls = next(one for one in get_args(cls) if one is not type(None))
    if isinstance(cls, type) and is_dataclass(cls):
        hints = _hints(cls)
        return cls(**{key: decoded(hints[key], inner) for key, inner in value.items()})
    if get_origin(cls) is tuple:
        return tuple(decoded(get_args(cls)[0], inner) for inner in value)
    return value
