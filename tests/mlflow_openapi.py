"""What MLflow's endpoints take and give, as a table, and as the OpenAPI made from it.

The table is the tests' own statement of the protocol: the fuzzing makes its calls from it, and
`python -m tests.mlflow_openapi >docs/mlflow-openapi.json` publishes it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Schema = dict[str, Any]


def listed(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def record(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties}


def shown(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
WHEN: Schema = {"type": "integer", "description": "milliseconds since 1970"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[^/:]+$"}
VERSION: Schema = {"type": "string", "pattern": "^[0-9]+$"}
STAGE: Schema = {"type": "string", "enum": ["None", "Staging", "Production", "Archived"]}
ALIAS: Schema = {"type": "string", "maxLength": 255, "pattern": r"^[\w\-]+$"}
KEY: Schema = {"type": "string", "minLength": 1, "maxLength": 250}
VALUE: Schema = {"type": "string", "maxLength": 100_000}
TAG: Schema = record(key=KEY, value=VALUE) | {"required": ["key", "value"]}
SIZE: Schema = {"type": "integer", "minimum": 1}
HOOK_NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 63}
STATUS: Schema = {"type": "string", "enum": ["ACTIVE", "DISABLED"]}
ENTITY: Schema = {
    "type": "string",
    "enum": [
        "REGISTERED_MODEL",
        "MODEL_VERSION",
        "MODEL_VERSION_TAG",
        "MODEL_VERSION_ALIAS",
        "PROMPT",
        "PROMPT_VERSION",
        "PROMPT_TAG",
        "PROMPT_VERSION_TAG",
        "PROMPT_ALIAS",
    ],
}
ACTION: Schema = {"type": "string", "enum": ["CREATED", "UPDATED", "DELETED", "SET"]}
EVENT: Schema = record(entity=ENTITY, action=ACTION) | {"required": ["entity", "action"]}
OWN: Schema = {
    "type": "string",
    "enum": [
        "model_version.stage_changed",
        "transition_request.created",
        "transition_request.rejected",
        "transition_request.withdrawn",
    ],
}

NAMED = {"name": NAME}
NUMBERED = NAMED | {"version": VERSION}
TAGGED = {"key": KEY, "value": VALUE}
SEARCHED = {"filter": TEXT, "order_by": listed(TEXT), "page_token": TEXT, "max_results": SIZE}
ASKED = NUMBERED | {"stage": STAGE}
MODEL = {"registered_model": shown("RegisteredModel")}
ONE_VERSION = {"model_version": shown("Version")}
ACTIVITY = {"activity": shown("Activity")}
COMMENT = {"comment": shown("Comment")}
HOOK = {"webhook": shown("Webhook")}

SHOWN: dict[str, Schema] = {
    "Tag": record(key=TEXT, value=TEXT),
    "Version": record(
        name=TEXT,
        version=VERSION,
        creation_timestamp=WHEN,
        last_updated_timestamp=WHEN,
        user_id=TEXT,
        current_stage=STAGE,
        description=TEXT,
        source=TEXT,
        run_id=TEXT,
        run_link=TEXT,
        model_id=TEXT,
        status=TEXT,
        tags=listed(shown("Tag")),
        aliases=listed(TEXT),
    ),
    "RegisteredModel": record(
        name=TEXT,
        creation_timestamp=WHEN,
        last_updated_timestamp=WHEN,
        user_id=TEXT,
        description=TEXT,
        latest_versions=listed(shown("Version")),
        tags=listed(shown("Tag")),
        aliases=listed(record(alias=TEXT, version=VERSION)),
    ),
    "Activity": record(
        id=TEXT,
        activity_type=TEXT,
        user_id=TEXT,
        from_stage=STAGE,
        to_stage=STAGE,
        comment=TEXT,
        creation_timestamp=WHEN,
        last_updated_timestamp=WHEN,
        available_actions=listed(TEXT),
    ),
    "Comment": record(
        id=TEXT,
        comment=TEXT,
        user_id=TEXT,
        creation_timestamp=WHEN,
        last_updated_timestamp=WHEN,
        available_actions=listed(TEXT),
    ),
    "Webhook": record(
        webhook_id=TEXT,
        name=TEXT,
        url=TEXT,
        description=TEXT,
        events=listed(record(entity=TEXT, action=TEXT)),
        governance_events=listed(OWN),
        status=STATUS,
        creation_timestamp=WHEN,
        last_updated_timestamp=WHEN,
    ),
    "Error": record(error_code=TEXT, message=TEXT, rule=TEXT, link=TEXT)
    | {"required": ["error_code", "message"]},
}


@dataclass(frozen=True)
class Endpoint:
    """One method of one path: what a call must say, what it may say, and what comes back."""

    method: str
    path: str
    does: str
    required: Mapping[str, Schema] = field(default_factory=dict)
    optional: Mapping[str, Schema] = field(default_factory=dict)
    gives: Mapping[str, Schema] = field(default_factory=dict)

    @property
    def in_path(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)

    @property
    def in_query(self) -> bool:
        return self.method == "GET"


E = Endpoint
MODELS = "registered-models"
VERSIONS = "model-versions"
REQUESTS = "transition-requests"
ENDPOINTS = (
    E("POST", f"{MODELS}/create", "register a model", NAMED,
      {"tags": listed(TAG), "description": TEXT}, MODEL),
    E("GET", f"{MODELS}/get", "read a model", NAMED, {}, MODEL),
    E("GET", f"{MODELS}/search", "search models", {}, SEARCHED,
      {"registered_models": listed(shown("RegisteredModel")), "next_page_token": TEXT}),
    E("PATCH", f"{MODELS}/update", "describe a model", NAMED, {"description": TEXT}, MODEL),
    E("POST", f"{MODELS}/rename", "rename a model", NAMED | {"new_name": NAME}, {}, MODEL),
    E("DELETE", f"{MODELS}/delete", "take a model out of use", NAMED),
    E("POST", f"{MODELS}/set-tag", "set a model's tag", NAMED | TAGGED),
    E("DELETE", f"{MODELS}/delete-tag", "delete a model's tag", NAMED | {"key": KEY}),
    E("POST", f"{MODELS}/get-latest-versions", "the newest of each stage", NAMED,
      {"stages": listed(STAGE)}, {"model_versions": listed(shown("Version"))}),
    E("GET", f"{MODELS}/get-latest-versions", "the newest of each stage", NAMED,
      {"stages": listed(STAGE)}, {"model_versions": listed(shown("Version"))}),
    E("POST", f"{MODELS}/alias", "set an alias", NUMBERED | {"alias": ALIAS}),
    E("GET", f"{MODELS}/alias", "read the version of an alias", NAMED | {"alias": ALIAS}, {},
      ONE_VERSION),
    E("DELETE", f"{MODELS}/alias", "delete an alias", NAMED | {"alias": ALIAS}),
    E("POST", f"{VERSIONS}/create", "register a version", NAMED | {"source": TEXT},
      {"run_id": TEXT, "run_link": TEXT, "model_id": TEXT, "description": TEXT,
       "tags": listed(TAG)}, ONE_VERSION),
    E("GET", f"{VERSIONS}/get", "read a version", NUMBERED, {}, ONE_VERSION),
    E("GET", f"{VERSIONS}/search", "search versions", {}, SEARCHED,
      {"model_versions": listed(shown("Version")), "next_page_token": TEXT}),
    E("GET", f"{VERSIONS}/get-download-uri", "where a version is loaded from", NUMBERED, {},
      {"artifact_uri": TEXT}),
    E("PATCH", f"{VERSIONS}/update", "describe a version", NUMBERED, {"description": TEXT},
      ONE_VERSION),
    E("DELETE", f"{VERSIONS}/delete", "take a version out of use", NUMBERED),
    E("POST", f"{VERSIONS}/set-tag", "set a version's tag", NUMBERED | TAGGED),
    E("DELETE", f"{VERSIONS}/delete-tag", "delete a version's tag", NUMBERED | {"key": KEY}),
    E("POST", f"{VERSIONS}/transition-stage", "ask for a stage", ASKED,
      {"archive_existing_versions": FLAG}, ONE_VERSION),
    E("POST", f"{REQUESTS}/create", "open a promotion request", ASKED, {"comment": TEXT},
      {"request": shown("Activity")}),
    E("GET", f"{REQUESTS}/list", "the open requests of a version", NUMBERED, {},
      {"requests": listed(shown("Activity"))}),
    E("POST", f"{REQUESTS}/approve", "always refused: people sign on the page", ASKED,
      {"archive_existing_versions": FLAG, "comment": TEXT}, ACTIVITY),
    E("POST", f"{REQUESTS}/reject", "reject a request", ASKED, {"comment": TEXT}, ACTIVITY),
    E("DELETE", f"{REQUESTS}/delete", "withdraw a request", ASKED,
      {"creator": TEXT, "comment": TEXT}, ACTIVITY),
    E("POST", "comments/create", "comment on a version", NUMBERED | {"comment": TEXT}, {}, COMMENT),
    E("PATCH", "comments/update", "change a comment", {"id": TEXT, "comment": TEXT}, {}, COMMENT),
    E("DELETE", "comments/delete", "delete a comment", {"id": TEXT}),
    E("GET", f"databricks/{MODELS}/get", "read a model, as databricks-sdk does", NAMED, {},
      {"registered_model_databricks": shown("RegisteredModel")}),
    E("POST", f"databricks/{VERSIONS}/transition-stage", "ask for a stage, as databricks-sdk does",
      ASKED, {"archive_existing_versions": FLAG, "comment": TEXT},
      {"model_version_databricks": shown("Version")}),
    E("POST", "webhooks", "send events to an address",
      {"name": HOOK_NAME, "url": TEXT, "events": listed(EVENT)},
      {"description": TEXT, "secret": TEXT, "status": STATUS, "governance_events": listed(OWN)},
      HOOK),
    E("GET", "webhooks", "list webhooks", {}, {"max_results": SIZE, "page_token": TEXT},
      {"webhooks": listed(shown("Webhook")), "next_page_token": TEXT}),
    E("GET", "webhooks/{webhook_id}", "read a webhook", {"webhook_id": TEXT}, {}, HOOK),
    E("PATCH", "webhooks/{webhook_id}", "change a webhook", {"webhook_id": TEXT},
      {"name": HOOK_NAME, "url": TEXT, "events": listed(EVENT), "description": TEXT,
       "secret": TEXT, "status": STATUS, "governance_events": listed(OWN)}, HOOK),
    E("DELETE", "webhooks/{webhook_id}", "delete a webhook", {"webhook_id": TEXT}),
    E("POST", "webhooks/{webhook_id}/test", "send a test event", {"webhook_id": TEXT},
      {"event": EVENT}, {"result": record(success=FLAG)}),
)  # fmt: skip


def openapi(endpoints: tuple[Endpoint, ...] = ENDPOINTS) -> Schema:
    """Return the OpenAPI description of these endpoints."""
    paths: dict[str, Schema] = {}
    for endpoint in endpoints:
        place = paths.setdefault(f"/api/2.0/mlflow/{endpoint.path}", {})
        place[endpoint.method.lower()] = _operation(endpoint)
    scheme = {"token": {"type": "http", "scheme": "bearer"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Countersign: MLflow's registry protocol", "version": "2.0"},
        "paths": paths,
        "components": {"schemas": SHOWN, "securitySchemes": scheme},
    }


def _operation(endpoint: Endpoint) -> Schema:
    answers = {"200": _answer("Done.", record(**endpoint.gives)), "default": ERROR}
    operation: Schema = {"summary": endpoint.does, "responses": answers}
    if parameters := list(_parameters(endpoint)):
        operation["parameters"] = parameters
    if not endpoint.in_query:
        operation["requestBody"] = {"required": True, "content": _json(_body(endpoint))}
    return operation


def _parameters(endpoint: Endpoint) -> Iterator[Schema]:
    said = {**endpoint.required, **endpoint.optional}
    for name, schema in said.items():
        where = "path" if name in endpoint.in_path else "query"
        if where == "path" or endpoint.in_query:
            required = name in endpoint.required
            yield {"name": name, "in": where, "required": required, "schema": schema}


def _body(endpoint: Endpoint) -> Schema:
    said = {**endpoint.required, **endpoint.optional}
    schema = record(**{name: said[name] for name in said if name not in endpoint.in_path})
    required = [name for name in endpoint.required if name not in endpoint.in_path]
    return schema | ({"required": required} if required else {})


def _answer(words: str, schema: Schema) -> Schema:
    return {"description": words, "content": _json(schema)}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


ERROR = _answer("Refused, in MLflow's shape.", shown("Error"))

if __name__ == "__main__":
    print(json.dumps(openapi(), indent=1))
