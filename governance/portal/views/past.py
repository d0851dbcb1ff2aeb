"""What a page of the past says of a record that was not there yet."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render

from governance.core.instants import Instant
from governance.portal.requests import PageRequest


def not_yet(
    request: PageRequest, instant: Instant, title: str, *, since: datetime, present: str
) -> HttpResponse:
    """Say that there was no such record then, and since when there is one."""
    context = {"instant": instant, "title": title, "since": since, "present": present}
    return render(request, "past/not_yet.html", context)
