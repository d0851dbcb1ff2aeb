"""Letting a pipeline in by its token."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from django.db.models import QuerySet

from governance.accounts.models import ApiToken
from governance.accounts.queries import TokenHolder, holder_of, valid_token

NOTED_EVERY = timedelta(hours=1)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def known_tokens(sha256: str, *, since: datetime, at: datetime) -> QuerySet[ApiToken]:
    """Keep the token with this digest if it holds and its use was noted since then.

    A read that finds one here need not ask `admit`.
    """
    return ApiToken.objects.filter(
        sha256=sha256,
        revoked_at=None,
        expires_at__gt=at,
        last_used_at__gte=since,
        service__is_active=True,
        service__responsible__is_active=True,
    )


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
