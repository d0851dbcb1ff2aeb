"""What views read of a request."""

from __future__ import annotations

from django.http import HttpRequest

from governance.accounts.models import User


class PageRequest(HttpRequest):
    """A request that has passed `routing.page`: somebody is signed in."""

    user: User


def query_without(request: HttpRequest, *names: str) -> str:
    """The query string without some names, to build links that keep the rest."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
