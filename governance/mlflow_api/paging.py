"""Page tokens: where a page of a search ended, signed, and good for that search alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core import signing

from governance.core.canonical import sha256_hex
from governance.core.errors import invalid
from governance.registry.queries.searches import Field, Place, Search

READ: Mapping[Field, Callable[[str], Any]] = {
    Field.NAME: str,
    Field.NUMBER: int,
    Field.CREATED: datetime.fromisoformat,
    Field.UPDATED: datetime.fromisoformat,
}


def page_token(end: Place, search: Search, *, of: str) -> str:
    """Return the token of the page that begins behind `end`."""
    return _token([_plain(value) for value in end], _salt(search, of))


def place_of(token: str, search: Search, *, of: str) -> Place | None:
    """Return where the page begins, or None for the first. Raises InvalidInput.

    A token is not a cursor to be made up: only one that this portal gave for the same rows, filter
    and order is read. How many rows a page holds may change from page to page.
    """
    if not token:
        return None
    values = _read(token, _salt(search, of))
    return tuple(READ[o.field](value) for o, value in zip(search.order, values, strict=True))


def list_token(created_at: datetime, pk: UUID, *, of: str) -> str:
    """Return the token of the page of a list, newest first, that begins behind this row."""
    return _token([created_at.isoformat(), str(pk)], f"mlflow.page.{of}")


def list_place(token: str, *, of: str) -> tuple[datetime, UUID] | None:
    """Return the row behind which the page begins, or None for the first. Raises InvalidInput."""
    if not token:
        return None
    created_at, pk = _read(token, f"mlflow.page.{of}")
    return datetime.fromisoformat(created_at), UUID(pk)


def _token(values: list[str], salt: str) -> str:
    # Without a time, so that the same question is answered with the same bytes.
    return signing.Signer(salt=salt).sign_object(values)


def _read(token: str, salt: str) -> list[str]:
    try:
        values: list[str] = signing.Signer(salt=salt).unsign_object(token)
    except signing.BadSignature:
        message = "Invalid page token, could not base64-decode it as one of this search."
        raise invalid("page_token", "token", message) from None
    return values


def _plain(value: str | int | datetime) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _salt(search: Search, of: str) -> str:
    return f"mlflow.page.{of}.{sha256_hex(repr(search).encode())}"
