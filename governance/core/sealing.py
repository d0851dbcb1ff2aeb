"""Secrets that have to be read again, at rest: sealed with a key made from SECRET_KEY."""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from governance.core.errors import WrongState


class SealBroken(WrongState):
    """It was sealed under another SECRET_KEY, or changed since."""

    code = "seal_broken"


def seal(text: str, *, purpose: str) -> str:
    """Return the text encrypted and authenticated (Fernet), for this purpose alone."""
    return _cipher(purpose).encrypt(text.encode()).decode()


def unseal(sealed: str, *, purpose: str) -> str:
    """Return the text that was sealed for the same purpose. Raises SealBroken."""
    try:
        return _cipher(purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken(
            "A stored secret cannot be read: SECRET_KEY is not the one it was stored under. "
            "Set the secret again."
        ) from None


def _cipher(purpose: str) -> Fernet:
    info = f"countersign.{purpose}".encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(
        settings.SECRET_KEY.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))
