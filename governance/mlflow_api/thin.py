"""The reads that pipelines make all day, answered without the rest of the portal.

Before sessions, forms and pages have their turn, and without building a single model: one prepared
statement for the token, one for the model, one for versions. What is not plain and found (another
parameter, a name that the token may not see, a token that does not hold) is left to the ordinary
endpoint, so that there is one place for each refusal. The answers are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from governance.accounts.models import ServiceAccount
from governance.accounts.rules import covers
from governance.accounts.tokens import NOTED_EVERY, digest_of
from governance.core.errors import DomainError
from governance.mlflow_api.authentication import secret_in
from governance.mlflow_api.filters import VERSIONS, parse_search
from governance.mlflow_api.parsing import STAGE_NAMES, Parameters, parse, stage_named
from governance.mlflow_api.reads import (
    LISTED,
    MODELS,
    MOST_LISTED,
    NEWEST,
    NUMBERED,
    ModelRow,
    Pairs,
    VersionRow,
    author,
)
from governance.registry.queries.searches import PROMPT_TAG, Field, FieldClause, Operator
from governance.registry.rules import DEPRECATED_TAG, Stage

PREFIXES = ("/api/2.0/mlflow/", "/ajax-api/2.0/mlflow/")
MOST_VERSIONS = 200_000
PROMPT = [PROMPT_TAG, "true"]


class NotPlain(DomainError):
    """The ordinary endpoint is to answer."""

    code = "not_plain"


@dataclass(frozen=True)
class Ask:
    """One read, of whoever has the secret."""

    said: Parameters
    secret: str
    at: datetime

    def model(self) -> ModelRow:
        return self.named(self.said.required("name"))

    def named(self, name: str) -> ModelRow:
        """Return the model, if the token holds and may read it, as `visible_to` says."""
        row = MODELS.first(
            name=name, sha256=digest_of(self.secret), since=self.at - NOTED_EVERY, at=self.at
        )
        if row is None or row.reader is None or not covers(row.reader[1], row.unit):
            raise NotPlain("not found")
        return row


Read = Callable[[Ask], dict[str, Any]]


def get_model(ask: Ask) -> dict[str, Any]:
    model = ask.model()
    versions = NEWEST.rows(model=model.id)
    return {
        "registered_model": _set(
            name=model.name,
            creation_timestamp=_milliseconds(model.created_at),
            last_updated_timestamp=_milliseconds(model.updated_at),
            user_id=_author(model),
            description=model.description,
            latest_versions=_versions(model, versions),
            tags=_tags(model.tags),
            aliases=[{"alias": alias, "version": str(number)} for alias, number in _aliases(model)],
        )
    }


def get_version(ask: Ask) -> dict[str, Any]:
    number = ask.said.version()
    return _numbered(ask.model(), number)


def get_by_alias(ask: Ask) -> dict[str, Any]:
    """That of a slot goes before one of the same name that was set by hand."""
    alias, model = ask.said.required("alias"), ask.model()
    numbers = [
        row[1] for row in (model.held_aliases or []) + (model.aliases or []) if row[0] == alias
    ]
    if not numbers:
        raise NotPlain("no such alias, or `latest`")
    return _numbered(model, numbers[0])


def latest_versions(ask: Ask) -> dict[str, Any]:
    stages = {stage_named(text).value for text in ask.said.texts("stages")}
    model = ask.model()
    found = NEWEST.rows(model=model.id)
    return _some(_versions(model, [row for row in found if not stages or row.stage in stages]))


def search_versions(ask: Ask) -> dict[str, Any]:
    """All versions of one model by its name, where they fit on one page."""
    if ask.said.text("page_token"):
        raise NotPlain("a later page")
    size = ask.said.count("max_results", default=MOST_LISTED, most=MOST_VERSIONS)
    search = parse_search(ask.said.text("filter"), ask.said.texts("order_by"), VERSIONS)
    match search.clauses:
        case [FieldClause(field=Field.NAME, operator=Operator.EQUAL, value=str(name))]:
            model = ask.named(name)
        case _:
            raise NotPlain("another filter")
    rows = LISTED.rows(model=model.id)
    prompts = any(PROMPT in (tags or ()) for tags in (model.tags, *(row.tags for row in rows)))
    if prompts or search.order != VERSIONS.default or len(rows) > min(size, MOST_LISTED):
        raise NotPlain("prompts, another order, or another page")
    return _some(_versions(model, rows))


READS: dict[tuple[str, str], Read] = {
    ("GET", "registered-models/get"): get_model,
    ("GET", "registered-models/alias"): get_by_alias,
    ("GET", "registered-models/get-latest-versions"): latest_versions,
    ("POST", "registered-models/get-latest-versions"): latest_versions,
    ("GET", "model-versions/get"): get_version,
    ("GET", "model-versions/search"): search_versions,
}
PATHS = {
    (method, prefix + path): read for (method, path), read in READS.items() for prefix in PREFIXES
}


class ThinReads:
    """The middleware that answers these reads, and passes on what it does not answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        read = PATHS.get((request.method or "", request.path))
        body = answer(request, read) if read else None
        if body is None:
            return self.get_response(request)
        return HttpResponse(json.dumps(body), content_type="application/json")


def answer(request: HttpRequest, read: Read) -> dict[str, Any] | None:
    """Return the body of the answer, or None where the ordinary endpoint is to give it."""
    request.get_host()  # Raises for a host that is not ours, as CommonMiddleware would.
    secret = secret_in(request.headers.get("Authorization", ""))
    try:
        return read(Ask(parse(request), secret, timezone.now())) if secret else None
    except DomainError:
        return None


def _numbered(model: ModelRow, number: int) -> dict[str, Any]:
    row = NUMBERED.first(model=model.id, number=number)
    if row is None or any(key == DEPRECATED_TAG for key, _ in row.tags or ()):
        raise NotPlain("not found, or to be told in headers")
    return {"model_version": _versions(model, [row])[0]}


def _versions(model: ModelRow, rows: Sequence[VersionRow]) -> list[dict[str, Any]]:
    aliases: dict[int, list[str]] = {}
    for alias, number in _aliases(model):
        aliases.setdefault(number, []).append(alias)
    return [_version(model.name, row, aliases.get(row.number, [])) for row in rows]


def _version(name: str, row: VersionRow, aliases: list[str]) -> dict[str, Any]:
    shown = _set(
        name=name,
        version=str(row.number),
        creation_timestamp=_milliseconds(row.registered_at),
        last_updated_timestamp=_milliseconds(row.updated_at),
        user_id=row.author,
        current_stage=STAGE_NAMES[Stage(row.stage)],
        description=row.description,
        source=row.source,
        run_id=row.run_id,
        run_link=row.run_link,
        model_id=row.logged_model_id,
        status="READY",
        tags=_tags(row.tags),
        aliases=aliases,
    )
    return {"description": ""} | shown


def _author(model: ModelRow) -> str:
    if model.reader and model.created_by == f"{ServiceAccount.REF}:{UUID(model.reader[0])}":
        return model.reader[2]
    return author(model.created_by)


def _aliases(model: ModelRow) -> list[list[Any]]:
    return sorted((model.aliases or []) + (model.held_aliases or []))


def _tags(pairs: Pairs) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(pairs or ())]


def _some(versions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"model_versions": versions} if versions else {}


def _set(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
