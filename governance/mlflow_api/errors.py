"""The one map from refusals of the domain to MLflow's error codes, statuses and body.

Never 202, 204, 408, 429 or 5xx for a refusal: MLflow's client takes the first two for errors of
the protocol and repeats the call for minutes on the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

from governance.approvals.queries.entries import explained
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    WrongState,
)
from governance.registry.rules.aliases import AliasNotFound


class Unauthenticated(DomainError):
    code = "unauthenticated"


class EndpointNotFound(DomainError):
    code = "endpoint_not_found"


@dataclass(frozen=True, kw_only=True)
class Answer:
    error_code: str
    status: int


ANSWERS: dict[type[DomainError], Answer] = {
    # MLflow takes an alias for a parameter of the call, not for a thing of its own.
    AliasNotFound: Answer(error_code="INVALID_PARAMETER_VALUE", status=400),
    DomainError: Answer(error_code="BAD_REQUEST", status=400),
    EndpointNotFound: Answer(error_code="ENDPOINT_NOT_FOUND", status=404),
    InvalidInput: Answer(error_code="INVALID_PARAMETER_VALUE", status=400),
    NotAllowed: Answer(error_code="PERMISSION_DENIED", status=403),
    NotFound: Answer(error_code="RESOURCE_DOES_NOT_EXIST", status=404),
    Refused: Answer(error_code="PERMISSION_DENIED", status=403),
    Unauthenticated: Answer(error_code="UNAUTHENTICATED", status=401),
    WrongState: Answer(error_code="RESOURCE_CONFLICT", status=409),
}
# 400, not 409: `mlflow.register_model` goes on after exactly this code.
TAKEN = Answer(error_code="RESOURCE_ALREADY_EXISTS", status=400)


def answer_to(error: DomainError) -> Answer:
    if isinstance(error, InvalidInput) and any(p.rule == "unique" for p in error.problems):
        return TAKEN
    return next(ANSWERS[kind] for kind in type(error).__mro__ if kind in ANSWERS)


def is_refusal(error: DomainError) -> bool:
    """Tell whether a rule or a missing permission stands behind it: that goes on record."""
    return isinstance(error, NotAllowed | Refused | WrongState)


def to_response(error: DomainError, *, link: str = "") -> JsonResponse:
    """Answer in MLflow's shape; rule, facts and link ride along for programs to read."""
    answer = answer_to(error)
    response = JsonResponse(_body(error, answer, link), status=answer.status)
    if answer.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="Countersign", Bearer'
    return response


def server_error(request: HttpRequest) -> JsonResponse:
    """A fault of ours, in MLflow's shape; the client repeats the call, which is right here."""
    body = {"error_code": "INTERNAL_ERROR", "message": "The portal failed. Nothing was changed."}
    return JsonResponse(body, status=HTTPStatus.INTERNAL_SERVER_ERROR)


def _body(error: DomainError, answer: Answer, link: str) -> Mapping[str, Any]:
    hint = f" See {link}" if link and link not in error.message else ""
    return {
        **error.facts,
        **explained(error),
        **getattr(error, "shown", {}),
        **({"link": link} if link else {}),
        "error_code": answer.error_code,
        "message": error.message + hint,
        "rule": error.code,
    }
