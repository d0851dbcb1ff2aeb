"""Who calls our REST interface: the service account behind a bearer token."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from governance.accounts.queries import TokenHolder
from governance.accounts.tokens import admit


@dataclass(frozen=True)
class Caller:
    """What DRF calls the user of a request: here the holder of a token."""

    holder: TokenHolder
    is_authenticated: bool = True


def holder_of(request: Request) -> TokenHolder:
    """Return who calls. Raises NotAuthenticated."""
    caller = request.user
    if not isinstance(caller, Caller):
        raise NotAuthenticated
    return caller.holder


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[Caller, None]:
        """Raise NotAuthenticated without a token, AuthenticationFailed when it does not hold."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise NotAuthenticated("Send a service account's token: Authorization: Bearer TOKEN.")
        holder = admit(secret.strip(), at=timezone.now())
        if holder is None:
            raise AuthenticationFailed("This token does not hold: unknown, expired or revoked.")
        return Caller(holder), None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Countersign"'
