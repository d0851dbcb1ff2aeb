"""From a request to one domain call and back: who calls, what they say, and what came of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from governance.accounts.queries import TokenHolder
from governance.audit.actions import record_refusal
from governance.core.errors import DomainError
from governance.inventory.models import Model
from governance.mlflow_api.authentication import caller
from governance.mlflow_api.errors import EndpointNotFound, is_refusal, to_response
from governance.mlflow_api.links import decision_link, model_link
from governance.mlflow_api.parsing import Parameters, parse


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of a known caller. `path` holds what the address itself names.

    What a handler puts into `headers` goes out with its answer.
    """

    actor: TokenHolder
    said: Parameters
    at: datetime
    path: Mapping[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], dict[str, Any]]


def endpoint(*, of_models: bool = True, **handlers: Handler) -> Callable[..., HttpResponse]:
    """Return the view of one path: `endpoint(GET=…, POST=…)`.

    No cookie takes part, so there is nothing that a foreign page could make a browser send.
    `of_models` tells that the parameter `name` is a model's, whose record a refusal belongs to.
    """

    @csrf_exempt
    def view(request: HttpRequest, **path: str) -> HttpResponse:
        return _answer(request, handlers, path, of_models=of_models)

    return view


def _answer(
    request: HttpRequest,
    handlers: Mapping[str, Handler],
    path: Mapping[str, str],
    *,
    of_models: bool,
) -> HttpResponse:
    at = timezone.now()
    call = None
    try:
        actor = caller(request.headers.get("Authorization", ""), at=at)
        handler = handlers.get(request.method or "")
        if handler is None:
            raise EndpointNotFound(f"No API found for '{request.method} {request.path}'")
        call = Call(actor=actor, said=parse(request), at=at, path=path)
        return JsonResponse(handler(call), headers=call.headers)
    except DomainError as error:
        if call is None or not is_refusal(error):
            return to_response(error)
        model = _named_model(call) if of_models else None
        _put_on_record(request, call, error, model)
        return to_response(error, link=_link(error, model))


def _named_model(call: Call) -> Model | None:
    models = Model.objects.visible_to(call.actor, at=call.at)
    return models.filter(name=call.said.text("name")).first()


def _link(error: DomainError, model: Model | None) -> str:
    if "request" in error.facts:
        return decision_link(error.facts["request"])
    return model_link(model.name) if model else ""


def _put_on_record(
    request: HttpRequest, call: Call, error: DomainError, model: Model | None
) -> None:
    """Append `call.refused` to the model's stream, or to `accounts` when no model is known."""
    record_refusal(
        call=f"{request.method} {'/'.join(request.path.split('/')[-2:])}",
        actor=call.actor.ref,
        subject=error.subject or (model.ref if model else call.actor.ref),
        stream=error.stream or (model.stream if model else "accounts"),
        error=error,
        at=call.at,
    )


not_found = endpoint()
"""Whatever path is not ours: MLflow's client falls back from POST to GET on this answer."""
