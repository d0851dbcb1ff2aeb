"""Where the present act comes from: each entry names its source and the request it belongs to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse

from governance.audit.rules import Source, is_request_id

REQUEST_ID_HEADER = "X-Request-ID"

# The first prefix that fits names the source; anything else is a page.
SOURCES: tuple[tuple[str, Source], ...] = (
    ("/api/2.0/mlflow", Source.MLFLOW),
    ("/ajax-api", Source.MLFLOW),
    ("/api", Source.API),
    ("/admin", Source.ADMIN),
)


def new_request_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Origin:
    source: Source
    request_id: str = field(default_factory=new_request_id)


# A process that says nothing is somebody's shell.
_current: ContextVar[Origin | None] = ContextVar("origin", default=None)


def current() -> Origin:
    return _current.get() or Origin(Source.COMMAND, "")


@contextmanager
def origin(source: Source, request_id: str = "") -> Iterator[Origin]:
    """Say where the acts of this block come from. A request id is made if none is given."""
    here = Origin(source, request_id or new_request_id())
    token = _current.set(here)
    try:
        yield here
    finally:
        _current.reset(token)


class OriginMiddleware:
    """Gives each request its origin, and returns the request id in the answer.

    A caller's own request id is taken over if it is plain; anything else is replaced, because it
    goes into the ledger for ever.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        asked = request.headers.get(REQUEST_ID_HEADER, "")
        request_id = asked if is_request_id(asked) else ""
        with origin(source_of(request.path), request_id) as here:
            response = self.get_response(request)
        response[REQUEST_ID_HEADER] = here.request_id
        return response


def source_of(path: str) -> Source:
    for prefix, source in SOURCES:
        if path == prefix or path.startswith(f"{prefix}/"):
            return source
    return Source.PAGE
