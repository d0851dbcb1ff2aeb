"""Binding a signature to its record: the portal's own signature over what the record states.

Knows no record: the text is made by whoever has one. See docs/signatures.md.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from governance.audit import keys
from governance.audit.notes import VerifierKey
from governance.audit.rules import SIGNATURE_FORMAT

DOMAIN = SIGNATURE_FORMAT.encode() + b"\0"
"""No text of another kind, such as a checkpoint, can be passed off as one of these."""


def bind(text: str) -> str:
    """Return the signature of the ledger's key over the text, in Base64. Raises KeyUnusable."""
    key = keys.signing_key()
    return b64encode(key.sign(DOMAIN + text.encode())).decode()


def own_key() -> VerifierKey:
    """Return what it takes to check what this portal bound. Raises KeyUnusable."""
    return keys.known_key().named(settings.LEDGER_ORIGIN)


def is_bound(text: str, binding: str, *, key: VerifierKey) -> bool:
    """Tell whether the key bound this very text."""
    try:
        raw = b64decode(binding, validate=True)
        Ed25519PublicKey.from_public_bytes(key.public).verify(raw, DOMAIN + text.encode())
    except (binascii.Error, ValueError, InvalidSignature):
        return False
    # Base64 can spell the same bytes in several ways; one is enough.
    return b64encode(raw).decode() == binding
