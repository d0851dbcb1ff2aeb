"""What the admin reads of a request: who acts, and what the domain has just refused them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with


def person_of(request: HttpRequest) -> User:
    """Return who acts; the site lets nobody in who is not signed in."""
    return cast(User, request.user)


def holds(user: object, permissions: Iterable[Permission], *, at: datetime | None = None) -> bool:
    """Tell whether somebody is signed in and holds one of the permissions in some unit."""
    if not isinstance(user, User):
        return False
    now = at or timezone.now()
    return any(units_with(user, permission, at=now).exists() for permission in permissions)
