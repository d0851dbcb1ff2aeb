"""Reads of webhooks: whose they are, who listens, and the request that one delivery becomes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db.models import Min, Q

from governance.accounts.models import ServiceAccount, User
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor, covers
from governance.core.sealing import unseal
from governance.inventory.models import Model
from governance.jobs.channels import Message
from governance.jobs.models import Delivery
from governance.jobs.rules import NoReceiver
from governance.registry.models import Webhook
from governance.registry.rules.webhooks import WebhookNotFound, WebhookStatus, signature

PURPOSE = "webhook.secret"
CHANNEL = "webhook"
TEST_KEY = "test"


def webhook_of(webhook_id: str, *, actor: Actor, at: datetime) -> Webhook:
    """Return the webhook. Raises WebhookNotFound, and PermissionMissing for who may not keep it."""
    visible = Webhook.objects.present().visible_to(actor, at=at).select_related("unit")
    identity = _uuid(webhook_id)
    found = visible.filter(pk=identity).first() if identity else None
    if found is None:
        raise WebhookNotFound(f"Webhook with ID {webhook_id[:100]} not found.")
    # An address is often a secret itself, so reading it takes the same permission as changing it.
    require(actor, Permission.WEBHOOK_MANAGE, unit=found.unit, at=at)
    return found


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def webhook_page(
    *, actor: Actor, at: datetime, size: int, after: tuple[datetime, UUID] | None = None
) -> tuple[list[Webhook], bool]:
    """Return a page of webhooks, newest first, and whether more follow."""
    rows = Webhook.objects.present().visible_to(actor, at=at).newest_first()
    if after is not None:
        created_at, pk = after
        rows = rows.filter(Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=pk))
    found = list(rows[: size + 1])
    return found[:size], len(found) > size


def listening_since() -> datetime | None:
    """Return since when anybody listens, or None while nobody does."""
    first: datetime | None = Webhook.objects.listening().aggregate(at=Min("active_since"))["at"]
    return first


def listeners(event: str, model: Model, *, at: datetime) -> list[Webhook]:
    """Return the webhooks that are to be told of an event that happened to the model then."""
    active = Webhook.objects.listening().filter(active_since__lte=at).select_related("unit")
    found = [
        webhook
        for webhook in active
        if event in webhook.events and covers(webhook.unit.path, model.unit.path)
    ]
    off = switched_off(webhook.created_by for webhook in found)
    return [webhook for webhook in found if webhook.created_by not in off]


def switched_off(refs: Iterable[str]) -> set[str]:
    """Return those of the references that nobody lets in any more: accounts, and whose they are.

    Who is let in no longer is told of nothing either.
    """
    pairs = [ref.partition(":")[::2] for ref in set(refs)]
    services = [key for kind, key in pairs if kind == ServiceAccount.REF]
    people = [key for kind, key in pairs if kind == User.REF]
    off = Q(is_active=False) | Q(responsible__is_active=False)
    return {
        *(row.ref for row in ServiceAccount.objects.filter(off, pk__in=services)),
        *(row.ref for row in User.objects.filter(pk__in=people, is_active=False)),
    }


def host_of(webhook: Webhook) -> str:
    """The host of the address: what may be shown and put on record of it."""
    return urlsplit(webhook.url).hostname or ""


def delivery_to(
    webhook: Webhook, *, event: str, data: Mapping[str, Any], key: str, at: datetime
) -> Delivery:
    """Return the delivery of an event that happened then, in the shape of MLflow's payload."""
    entity, _, action = event.partition(".")
    body = {"entity": entity, "action": action, "timestamp": at.isoformat(), "data": data}
    return Delivery(
        channel=CHANNEL,
        recipient=webhook.ref,
        key=key,
        topic=event,
        body=json.dumps(body),
        created_at=at,
        next_attempt_at=at,
    )


def message_to_webhook(delivery: Delivery, at: datetime) -> Message:
    """Return the request of one attempt. Raises NoReceiver, SealBroken.

    A delivery that cannot be signed with the webhook's secret is not sent without a signature.
    """
    webhook = Webhook.objects.present().filter(pk=delivery.recipient.partition(":")[2]).first()
    if webhook is None:
        raise NoReceiver("The webhook was deleted.")
    if webhook.status != WebhookStatus.ACTIVE and not delivery.key.startswith(TEST_KEY):
        raise NoReceiver("The webhook was disabled.")
    if switched_off([webhook.created_by]):
        raise NoReceiver("Who made the webhook is let in no longer.")
    return Message(
        url=webhook.url,
        headers=_headers(webhook, delivery, timestamp=str(int(at.timestamp()))),
        body=delivery.body.encode(),
    )


def _headers(webhook: Webhook, delivery: Delivery, *, timestamp: str) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "countersign",
        "X-MLflow-Delivery-Id": str(delivery.pk),
        "X-MLflow-Timestamp": timestamp,
    }
    if not webhook.sealed_secret:
        return headers
    return headers | {
        "X-MLflow-Signature": signature(
            secret=unseal(webhook.sealed_secret, purpose=PURPOSE),
            delivery_id=str(delivery.pk),
            timestamp=timestamp,
            body=delivery.body,
        )
    }
