"""The registered models of an MLflow server, asked page by page through its search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from governance.registry.queries.searches import PROMPT_TAG
from governance.registry.rules.adoptions import RegisteredModel
from governance.registry.tracking import TrackingUnavailable, ask_server

SEARCH = "api/2.0/mlflow/registered-models/search"
MODELS_AT_ONCE = 200
MOST_PAGES = 100


def registered_models(server: str) -> list[RegisteredModel]:
    """Return every registered model of the server, by name; prompts are none.

    Raises InvalidInput for a server that may not be asked, TrackingUnavailable.
    """
    found = {model.name: model for page in _pages(server) for model in _models(page)}
    return [found[name] for name in sorted(found)]


def _pages(server: str) -> Iterator[dict[str, Any]]:
    asked = {"max_results": str(MODELS_AT_ONCE)}
    for _ in range(MOST_PAGES):
        answer = _parsed(ask_server(server, SEARCH, asked))
        yield answer
        if not (token := answer.get("next_page_token")):
            return
        asked = {**asked, "page_token": str(token)}
    most = MODELS_AT_ONCE * MOST_PAGES
    raise TrackingUnavailable(f"The server has more than {most:,} registered models.")


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError as error:
        raise TrackingUnavailable("The server's answer is no list of models.") from error
    if not isinstance(answer, dict):
        raise TrackingUnavailable("The server's answer is no list of models.")
    return answer


def _models(page: dict[str, Any]) -> Iterator[RegisteredModel]:
    try:
        for said in page.get("registered_models", ()):
            tags = {tag["key"]: tag.get("value") for tag in said.get("tags", ())}
            if tags.get(PROMPT_TAG) != "true":
                description = str(said.get("description") or "")
                yield RegisteredModel(name=str(said["name"]), description=description)
    except (TypeError, KeyError, AttributeError) as error:
        raise TrackingUnavailable("The server's answer is no list of models.") from error
