"""Searching models and versions, page by page."""

from __future__ import annotations

from typing import Any

from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.filters import MODELS, VERSIONS, Vocabulary, parse_search
from governance.mlflow_api.paging import page_token, place_of
from governance.registry.queries.searches import Place, Search, model_page, version_page

MODELS_BY_DEFAULT, MOST_MODELS = 100, 1_000
MOST_VERSIONS = 200_000


def search_models(call: Call) -> dict[str, Any]:
    size = call.said.count("max_results", default=MODELS_BY_DEFAULT, most=MOST_MODELS)
    search, after = _asked(call, MODELS, of="models")
    page = model_page(search, size=size, after=after, actor=call.actor, at=call.at)
    rows = {"registered_models": presentation.registered_models(page.rows)}
    return _answer(rows, page.end, search, of="models")


def search_versions(call: Call) -> dict[str, Any]:
    size = call.said.count("max_results", default=MOST_VERSIONS, most=MOST_VERSIONS)
    search, after = _asked(call, VERSIONS, of="versions")
    page = version_page(search, size=size, after=after, actor=call.actor, at=call.at)
    rows = {"model_versions": presentation.model_versions(page.rows)}
    return _answer(rows, page.end, search, of="versions")


def _asked(call: Call, words: Vocabulary, *, of: str) -> tuple[Search, Place | None]:
    search = parse_search(call.said.text("filter"), call.said.texts("order_by"), words)
    return search, place_of(call.said.text("page_token"), search, of=of)


def _answer(
    rows: dict[str, list[dict[str, Any]]], end: Place | None, search: Search, *, of: str
) -> dict[str, Any]:
    """What is empty is left out: the rows, and the token on the last page."""
    token = {} if end is None else {"next_page_token": page_token(end, search, of=of)}
    return {name: found for name, found in rows.items() if found} | token
