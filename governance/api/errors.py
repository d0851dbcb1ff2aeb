"""The one map from refusals of the domain to `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response

from governance.api.authentication import holder_of
from governance.approvals.queries.entries import explained
from governance.audit.actions import record_refusal
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Problem,
    Refused,
    WrongState,
)
from governance.inventory.models import Model

STATUSES: dict[type[DomainError], HTTPStatus] = {
    DomainError: HTTPStatus.BAD_REQUEST,
    InvalidInput: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Refused: HTTPStatus.FORBIDDEN,
    WrongState: HTTPStatus.CONFLICT,
}
CONTENT_TYPE = "application/problem+json"


def to_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer a refusal as a problem, and put it on record. None for what is no refusal: a bug."""
    match error:
        case DomainError():
            if _belongs_on_record(error, context):
                _put_on_record(error, context)
            return _domain_problem(error)
        case ValidationError():
            return _domain_problem(InvalidInput(*_problems("", error.get_full_details())))
        case APIException():
            return _framework_problem(error)
        case RequestDataTooBig():
            words = "The body is larger than this server takes."
            return _problem("too_large", HTTPStatus.REQUEST_ENTITY_TOO_LARGE, words, {})
        case Http404():
            return _domain_problem(NotFound("There is nothing at this address."))
    return None


def _belongs_on_record(error: DomainError, context: dict[str, Any]) -> bool:
    """Tell whether somebody was refused a change; reading leaves no entry."""
    reads = context["request"].method in {"GET", "HEAD"}
    return not reads and isinstance(error, NotAllowed | Refused | WrongState)


def _domain_problem(error: DomainError) -> Response:
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    extra = error.facts | explained(error)
    if isinstance(error, InvalidInput):
        extra = extra | {"problems": [vars(problem) for problem in error.problems]}
    return _problem(error.code, status, error.message, extra)


def _framework_problem(error: APIException) -> Response:
    response = _problem(error.default_code, HTTPStatus(error.status_code), str(error.detail), {})
    if header := getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = header
    return response


def server_error(request: HttpRequest) -> JsonResponse:
    """A fault of ours, as a problem like any other."""
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    body = _body("server_error", status, "The portal failed. Nothing was changed.", {})
    return JsonResponse(body, status=status, content_type=CONTENT_TYPE)


def _problem(code: str, status: HTTPStatus, detail: str, extra: dict[str, Any]) -> Response:
    body = _body(code, status, detail, extra)
    return Response(body, status=status.value, content_type=CONTENT_TYPE)


def _body(code: str, status: HTTPStatus, detail: str, extra: dict[str, Any]) -> dict[str, Any]:
    return {
        **extra,
        "type": f"urn:countersign:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "code": code,
    }


def _problems(path: str, details: Any) -> list[Problem]:
    """Flatten DRF's nested details into one problem per field, such as `results.2.value`."""
    match details:
        case {"message": str(message), "code": str(code)}:
            return [Problem(field=path, rule=code, message=f"{path}: {message}")]
        case dict():
            parts = ((_join(path, key), inner) for key, inner in details.items())
        case list():
            parts = ((path, inner) for inner in details)
        case _:
            return []
    return [problem for field, inner in parts for problem in _problems(field, inner)]


def _join(path: str, key: Any) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else str(key)


def _put_on_record(error: DomainError, context: dict[str, Any]) -> None:
    request, at = context["request"], timezone.now()
    actor = holder_of(request)
    named = Model.objects.visible_to(actor, at=at).filter(name=context["kwargs"].get("name"))
    model = named.first()
    record_refusal(
        call=f"{request.method} {context['view'].CALL}",
        actor=actor.ref,
        subject=error.subject or (model.ref if model else actor.ref),
        stream=error.stream or (model.stream if model else "accounts"),
        error=error,
        at=at,
    )
