"""Webhooks: which events there are, what a webhook may be called, how a delivery is signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import TextChoices

from governance.core.errors import NotFound, Problem

MAX_WEBHOOK_NAME = 63
MAX_DESCRIPTION = 1_000
MAX_SECRET = 1_000
_NAME = re.compile(r"[a-z0-9]([a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)

ACTIONS: Mapping[str, Sequence[str]] = {
    "registered_model": ("created",),
    "model_version": ("created",),
    "model_version_tag": ("deleted", "set"),
    "model_version_alias": ("created", "deleted"),
    "prompt": ("created",),
    "prompt_version": ("created",),
    "prompt_tag": ("deleted", "set"),
    "prompt_version_tag": ("deleted", "set"),
    "prompt_alias": ("created", "deleted"),
    "budget_policy": ("exceeded",),
}
"""MLflow's events: what can happen to which entity. Nothing here ever exceeds a budget."""

GOVERNANCE_EVENTS = (
    "model_version.stage_changed",
    "transition_request.created",
    "transition_request.rejected",
    "transition_request.withdrawn",
)
"""Events that MLflow has no name for. Its client knows its own list alone and would stop at any
other, so these travel in a field of their own."""

EVENTS = frozenset(f"{entity}.{action}" for entity, what in ACTIONS.items() for action in what)

EXAMPLES: dict[str, dict[str, Any]] = {
    "name": {"name": "example_model"},
    "prompt": {"name": "example_prompt"},
    "version": {"version": "1"},
    "source": {"source": "models:/123", "run_id": "abcd1234abcd5678"},
    "template": {"template": "Hello {{name}}!"},
    "tags": {"tags": {"example_key": "example_value"}},
    "key": {"key": "example_key"},
    "value": {"value": "example_value"},
    "alias": {"alias": "example_alias"},
    "move": {"from": "Staging", "to": "Production"},
}
FIELDS: Mapping[str, str] = {
    "registered_model.created": "name tags description",
    "model_version.created": "name version source tags description",
    "model_version_tag.set": "name version key value",
    "model_version_tag.deleted": "name version key",
    "model_version_alias.created": "name alias version",
    "model_version_alias.deleted": "name alias",
    "prompt.created": "prompt tags description",
    "prompt_version.created": "prompt version template tags description",
    "prompt_tag.set": "prompt key value",
    "prompt_tag.deleted": "prompt key",
    "prompt_version_tag.set": "prompt version key value",
    "prompt_version_tag.deleted": "prompt version key",
    "prompt_alias.created": "prompt alias version",
    "prompt_alias.deleted": "prompt alias",
    "model_version.stage_changed": "name version move",
    "transition_request.created": "name version move",
    "transition_request.rejected": "name version move",
    "transition_request.withdrawn": "name version move",
}


class WebhookStatus(TextChoices):
    ACTIVE = "ACTIVE", "Active"
    DISABLED = "DISABLED", "Disabled"


class WebhookNotFound(NotFound):
    code = "webhook_not_found"


def example_of(event: str) -> dict[str, Any]:
    """Return the data of a made-up event, in the shape of the real one."""
    fields, entity = FIELDS.get(event, "").split(), event.partition(".")[0].replace("_", " ")
    described = {"description": {"description": f"An example {entity}"}}
    parts = ((EXAMPLES | described)[field] for field in fields)
    return {key: value for part in parts for key, value in part.items()}


def webhook_name_problems(name: str) -> Iterator[Problem]:
    if len(name) > MAX_WEBHOOK_NAME or not _NAME.fullmatch(name):
        yield Problem(
            field="name",
            rule="characters",
            message=f"Webhook name {name[:200]!r} is invalid. It must start and end with a letter "
            "or digit, be less than 63 characters long, and contain only letters, digits, dots "
            "(.), underscores (_), and hyphens (-).",
        )


def webhook_problems(
    *, name: str, description: str, secret: str | None, events: Collection[str]
) -> Iterator[Problem]:
    """Check all of a webhook but its address, in MLflow's words where it has such a rule."""
    yield from webhook_name_problems(name)
    if len(description) > MAX_DESCRIPTION:
        yield _too_long("description", MAX_DESCRIPTION)
    if secret is not None and len(secret) > MAX_SECRET:
        yield _too_long("secret", MAX_SECRET)
    if not events:
        yield Problem(
            field="events",
            rule="required",
            message="Webhook events must be a non-empty list of WebhookEvent objects: [].",
        )
    for event in sorted(set(events) - EVENTS - set(GOVERNANCE_EVENTS)):
        yield unknown_event(event)


def _too_long(field: str, limit: int) -> Problem:
    message = f"'{field}' exceeds the maximum length of {limit} characters"
    return Problem(field=field, rule="length", message=message)


def unknown_event(event: str) -> Problem:
    """Say, in MLflow's words, that nothing of the kind is ever told."""
    entity, _, action = event.partition(".")
    if entity in ACTIONS:
        message = (
            f"Invalid action '{action[:60]}' for entity '{entity}'. "
            f"Valid actions are: {list(ACTIONS[entity])}"
        )
    else:
        known = ", ".join([*ACTIONS, *GOVERNANCE_EVENTS])
        message = f"There is no event '{event[:60]}'. Those that there are: {known}"
    return Problem(field="events", rule="choice", message=message)


def signature(*, secret: str, delivery_id: str, timestamp: str, body: str) -> str:
    """Return MLflow's signature: HMAC-SHA256 over identifier, time and body, joined by dots."""
    signed = f"{delivery_id}.{timestamp}.{body}".encode()
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()
