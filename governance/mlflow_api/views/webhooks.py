"""Webhooks. The secret goes in and never comes out.

Events that MLflow does not know travel as `governance_events`, beside those that it does: its
client builds every event that it reads from its own list, and stops at any other.
"""

from __future__ import annotations

from typing import Any

from governance.accounts.permissions import Permission, require
from governance.core.errors import InvalidInput, invalid
from governance.mlflow_api import presentation
from governance.mlflow_api.endpoints import Call
from governance.mlflow_api.paging import list_place, list_token
from governance.mlflow_api.parsing import SEE, Parameters
from governance.registry.actions.webhooks import (
    WebhookRecord,
    create_webhook,
    delete_webhook,
    edit_webhook,
    try_webhook,
)
from governance.registry.models import Webhook
from governance.registry.queries.webhooks import webhook_of, webhook_page
from governance.registry.rules.webhooks import (
    EVENTS,
    GOVERNANCE_EVENTS,
    WebhookStatus,
    unknown_event,
)

BY_DEFAULT, MOST = 100, 1_000


def named(call: Call) -> Webhook:
    """Return the webhook in the call's path. Raises WebhookNotFound, PermissionMissing."""
    return webhook_of(call.path["webhook_id"], actor=call.actor, at=call.at)


def create(call: Call) -> dict[str, Any]:
    """It is told of the models of the token's unit, and of those below it."""
    said = call.said
    record = WebhookRecord(
        name=_required(said, "name"),
        url=_required(said, "url"),
        events=[*_events(said, required=True), *_governance_events(said)],
        description=said.text("description"),
        secret=said.optional("secret"),
        status=_status(said) or WebhookStatus.ACTIVE,
    )
    webhook = create_webhook(
        unit=call.actor.service.unit, record=record, actor=call.actor, at=call.at
    )
    return {"webhook": presentation.webhook(webhook)}


def search(call: Call) -> dict[str, Any]:
    unit = call.actor.service.unit
    require(call.actor, Permission.WEBHOOK_MANAGE, unit=unit, at=call.at)
    rows, more = webhook_page(
        size=_page_size(call.said),
        after=list_place(call.said.text("page_token"), of="webhooks"),
        actor=call.actor,
        at=call.at,
    )
    shown = {"webhooks": [presentation.webhook(row) for row in rows]} if rows else {}
    if not more:
        return shown
    return shown | {"next_page_token": list_token(rows[-1].created_at, rows[-1].pk, of="webhooks")}


def get(call: Call) -> dict[str, Any]:
    return {"webhook": presentation.webhook(named(call))}


def update(call: Call) -> dict[str, Any]:
    """What is not given stays; an empty secret takes the signature away."""
    webhook, said = named(call), call.said
    description = said.optional("description")
    events = _events(said) or [event for event in webhook.events if event in EVENTS]
    ours = [event for event in webhook.events if event not in EVENTS]
    if "governance_events" in said.values:
        ours = _governance_events(said)
    record = WebhookRecord(
        name=said.text("name") or webhook.name,
        url=said.text("url") or webhook.url,
        events=[*events, *ours],
        description=webhook.description if description is None else description,
        secret=said.optional("secret"),
        status=_status(said) or WebhookStatus(webhook.status),
    )
    webhook = edit_webhook(webhook=webhook, record=record, actor=call.actor, at=call.at)
    return {"webhook": presentation.webhook(webhook)}


def delete(call: Call) -> dict[str, Any]:
    delete_webhook(webhook=named(call), actor=call.actor, at=call.at)
    return {}


def attempt(call: Call) -> dict[str, Any]:
    """Send a made-up event now. Nothing is retried, and a redirect is not followed."""
    webhook = named(call)
    said = call.said.values.get("event")
    chosen = _event(Parameters(said)) if isinstance(said, dict) else webhook.events[0]
    outcome, answer = try_webhook(webhook=webhook, event=chosen, actor=call.actor, at=call.at)
    if answer is None:
        why = f"Failed to test webhook: {outcome.error}"
        return {"result": {"success": False, "error_message": why}}
    said_back = {"response_status": answer.status, "response_body": answer.text}
    return {"result": {"success": outcome.delivered, **said_back}}


def _required(said: Parameters, name: str) -> str:
    """Return a text that has to be there; blanks are for the rules of the webhook to judge."""
    return said.text(name) or said.required(name)


def _events(said: Parameters, *, required: bool = False) -> list[str]:
    events = [_event(item) for item in said.objects("events")]
    if required and not events:
        message = f"Missing value for required parameter 'events'. {SEE}"
        raise invalid("events", "required", message)
    return events


def _event(item: Parameters) -> str:
    """Return `model_version.created` for `{"entity": "MODEL_VERSION", "action": "CREATED"}`."""
    event = f"{item.required('entity')}.{item.required('action')}".lower()
    if event not in EVENTS:
        raise InvalidInput(unknown_event(event))
    return event


def _governance_events(said: Parameters) -> list[str]:
    events = said.texts("governance_events")
    if unknown := sorted(set(events) - set(GOVERNANCE_EVENTS)):
        known = ", ".join(GOVERNANCE_EVENTS)
        message = f"There is no governance event '{unknown[0][:60]}'. Those that there are: {known}"
        raise invalid("governance_events", "choice", message)
    return events


def _status(said: Parameters) -> WebhookStatus | None:
    text = said.text("status")
    if not text:
        return None
    if text not in WebhookStatus.values:
        known = ", ".join(WebhookStatus.values)
        message = f"Invalid webhook status '{text[:60]}'. Value must be one of {known}."
        raise invalid("status", "choice", message)
    return WebhookStatus(text)


def _page_size(said: Parameters) -> int:
    text = str(said.values.get("max_results") or BY_DEFAULT)
    if not text.isascii() or not text.isdigit() or len(text) > 9 or not 1 <= int(text) <= MOST:
        message = f"max_results must be between 1 and {MOST}."
        raise invalid("max_results", "between", message)
    return int(text)
