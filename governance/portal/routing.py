"""How a URL of the portal is declared: signed in, methods named, refusals answered and recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from governance.core.errors import DomainError
from governance.portal.errors import Answer, answer_refusals
from governance.portal.examining import examined
from governance.portal.pages.inbox import forget
from governance.portal.requests import PageRequest

READ = ("GET", "HEAD")
READ_AND_WRITE = ("GET", "HEAD", "POST")
WRITE = ("POST",)


PageView = Callable[..., HttpResponseBase]


def page(
    route: str,
    view: PageView,
    *,
    name: str,
    methods: tuple[str, ...] = READ,
    answers: Mapping[type[DomainError], Answer] | None = None,
    **kwargs: Any,
) -> URLPattern:
    """Declare one page. Every view of the portal behind sign-in is mounted through this.

    What a view raises as DomainError becomes an explaining page with its status, and goes on
    record when it refused an attempt to change something. `answers` are refusals that the page
    explains itself. Of examiners it judges and records what they are shown: see `examining`.
    """
    answering = answer_refusals(examined(answer_refusals(recounting(view), answers), name))
    guarded = require_http_methods(methods)(login_required(answering))
    return path(route, never_cache(guarded), name=name, kwargs=kwargs)


def recounting(view: PageView) -> PageView:
    """Wrap a view: after an act of the reader, the sidebar's count of what waits is dropped."""

    @wraps(view)
    def wrapped(request: PageRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if request.method not in READ:
            forget(request.user)
        return response

    return wrapped
