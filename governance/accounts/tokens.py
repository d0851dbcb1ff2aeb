"""Letting a pipeline in by its token."""

from __future__ import annotations

from datetime import datetime, timedelta

from governance.accounts.models import ApiToken
from governance.accounts.queries import TokenHolder, holder_of, valid_token

NOTED_EVERY = timedelta(hours=1)


def admit(secret: str, *, at: datetime) -> TokenHolder | None:
    """Return who calls with this secret, or None; note roughly when the token was last used.

    The note is no act of anybody and has no ledger entry. Once an hour is enough to find tokens
    that nobody uses, and spares every other call a write.
    """
    token = valid_token(secret, at=at)
    if token is None:
        return None
    if token.last_used_at is None or token.last_used_at < at - NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=at)
    return holder_of(token)
