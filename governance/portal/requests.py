"""What views read of a request."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.core.instants import AS_OF, Instant, instant_asked


class PageRequest(HttpRequest):
    """A request that has passed `routing.page`: somebody is signed in."""

    user: User


def about(request: HttpRequest, *, subject: str, stream: str) -> None:
    """Say which record a call is about, for the record of its refusal.

    For views of one record: a refusal that does not say so itself is recorded there, not under
    the firm at large.
    """
    request.META["countersign.about"] = (subject, stream)


def what_about(request: HttpRequest) -> tuple[str, str]:
    """What `about` said, or two empty strings."""
    subject, stream = request.META.get("countersign.about", ("", ""))
    return subject, stream


def keep_entry(request: HttpRequest, entry: LedgerEntry | None) -> None:
    """Remember where the refusal of this call is on record, for the page that explains it."""
    request.META["countersign.entry"] = entry


def kept_entry(request: HttpRequest) -> LedgerEntry | None:
    entry: LedgerEntry | None = request.META.get("countersign.entry")
    return entry


def instant_of(request: HttpRequest, *, at: datetime) -> Instant | None:
    """The past moment that the address asks for; None for the present. Raises InvalidInput."""
    return instant_asked(request.GET.get(AS_OF, ""), at=at)


def query_without(request: HttpRequest, *names: str) -> str:
    """The query string without some names, to build links that keep the rest."""
    query = request.GET.copy()
    for name in names:
        query.pop(name, None)
    return query.urlencode()
