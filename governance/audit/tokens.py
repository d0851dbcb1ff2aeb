"""A key in a token that PKCS#11 speaks to: it signs there and never leaves.

The key is named by an RFC 7512 URI, such as
`pkcs11:token=ledger;object=signer?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/run/pin`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pkcs11
from pkcs11.exceptions import PKCS11Error

from governance.audit.notes import Signer

POINT = 32
"""Bytes of a public key; a token may put the two bytes of its DER wrapping in front."""


class TokenUnusable(Exception):
    """The URI, its module, its token or its key cannot be used. Says which; never the PIN."""


@dataclass(frozen=True)
class Place:
    """Where the key is, read off the URI."""

    module: str
    token: str
    label: str
    pin_file: str


def open_key(uri: str) -> tuple[bytes, Signer]:
    """Return the public key and what signs with the private one. Raises TokenUnusable."""
    place = place_of(uri)
    with session(place) as opened:
        return _public(opened, place), _signer(place)


def place_of(uri: str) -> Place:
    """Read a URI. Raises TokenUnusable, naming what is missing."""
    parts = urlsplit(uri)
    path = dict(pair.partition("=")[::2] for pair in parts.path.split(";"))
    query = dict(parse_qsl(parts.query))
    found = {
        "module-path": query.get("module-path", ""),
        "token": unquote(path.get("token", "")),
        "object": unquote(path.get("object", "")),
        "pin-source": query.get("pin-source", "").removeprefix("file:"),
    }
    missing = [name for name, value in found.items() if not value]
    if parts.scheme != "pkcs11" or missing:
        raise TokenUnusable(f"the URI is not of the form pkcs11:… with {', '.join(missing)}")
    return Place(*found.values())


def _signer(place: Place) -> Signer:
    def sign(data: bytes) -> bytes:
        # A session for each signature: few are made, and a token may have been taken out between.
        with session(place) as opened:
            key: Any = opened.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=place.label
            )
            return bytes(key.sign(data, mechanism=pkcs11.Mechanism.EDDSA))

    return sign


def _public(opened: pkcs11.Session, place: Place) -> bytes:
    key = opened.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=place.label)
    if key.key_type != pkcs11.KeyType.EC_EDWARDS:
        raise TokenUnusable(f"the object {place.label!r} is not an Ed25519 key")
    return bytes(key[pkcs11.Attribute.EC_POINT])[-POINT:]


@contextmanager
def session(place: Place) -> Iterator[pkcs11.Session]:
    """Hold a session with the token, and turn what goes wrong in it into TokenUnusable."""
    try:
        pin = Path(place.pin_file).read_text().strip()
        token = _module(place.module).get_token(token_label=place.token)
        with token.open(user_pin=pin) as opened:
            yield opened
    except (PKCS11Error, RuntimeError, OSError) as error:
        said = str(error) or type(error).__name__
        raise TokenUnusable(f"token {place.token!r}, object {place.label!r}: {said}") from error


@lru_cache(maxsize=4)
def _module(path: str) -> Any:
    return pkcs11.lib(path)
