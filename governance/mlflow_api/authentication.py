"""Who calls: the service account behind a token, sent as MLflow's client sends credentials."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from governance.accounts.queries import TokenHolder
from governance.accounts.tokens import admit
from governance.mlflow_api.errors import Unauthenticated


def caller(header: str, *, at: datetime) -> TokenHolder:
    """Return the holder of the token in an Authorization header. Raises Unauthenticated.

    `Bearer TOKEN` (MLFLOW_TRACKING_TOKEN), or Basic with the token as the password
    (MLFLOW_TRACKING_PASSWORD, any user name). Unknown, expired and revoked look alike.
    """
    secret = secret_in(header)
    if not secret:
        raise Unauthenticated(
            "Send a service account's token: set MLFLOW_TRACKING_TOKEN, or give it as "
            "MLFLOW_TRACKING_PASSWORD."
        )
    holder = admit(secret, at=at)
    if holder is None:
        raise Unauthenticated(
            "This token does not hold: it is unknown, expired or revoked. An administrator issues "
            "a new one with manage.py create_token."
        )
    return holder


def secret_in(header: str) -> str:
    """Return the token in an Authorization header, or nothing."""
    scheme, _, credentials = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return credentials.strip()
        case "basic":
            return _password(credentials)
    return ""


def _password(credentials: str) -> str:
    try:
        pair = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]
