"""Webhooks as those see them who keep them: whom they tell, and how that went lately."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import labels_of
from governance.jobs import outbox
from governance.jobs.models import Delivery
from governance.jobs.rules import DeliveryState
from governance.portal.pages.accounts import reachable_units
from governance.registry.models import Webhook
from governance.registry.queries.webhooks import TEST_KEY, host_of, switched_off
from governance.registry.rules.webhooks import WebhookStatus

SHOWN, DELIVERIES = 100, 5

STATES = {
    DeliveryState.WAITING: ("warn", "clock", "Waiting"),
    DeliveryState.DELIVERED: ("ok", "check", "Delivered"),
    DeliveryState.FAILED: ("bad", "cross", "Given up"),
    DeliveryState.CANCELED: ("mute", "minus", "Canceled"),
}


@dataclass(frozen=True, kw_only=True)
class DeliveryRow:
    """One delivery; `said` is the receiver's answer, or why there is none."""

    topic: str
    is_test: bool
    at: datetime
    tone: str
    icon: str
    label: str
    said: str
    attempts: int
    next_attempt_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class WebhookRow:
    """One webhook, without the rest of its address: that part often is a key.

    `is_stopped` tells that the service account that added it was switched off.
    """

    webhook: Webhook
    host: str
    keeper: str
    is_active: bool
    is_stopped: bool
    is_signed: bool
    deliveries: Sequence[DeliveryRow]

    @property
    def events(self) -> list[str]:
        return sorted(self.webhook.events)


def webhook_rows(reader: User, *, at: datetime) -> list[WebhookRow]:
    """Return the newest webhooks of the units in which the reader keeps them.

    Raises PermissionMissing for who keeps them in none.
    """
    units = reachable_units(reader, Permission.WEBHOOK_MANAGE, at=at)
    found = Webhook.objects.present().filter(unit__in=units).select_related("unit").newest_first()
    webhooks = list(found[:SHOWN])
    history = outbox.history([webhook.ref for webhook in webhooks], each=DELIVERIES)
    makers = {webhook.created_by for webhook in webhooks}
    keepers, off = labels_of(makers), switched_off(makers)
    return [
        WebhookRow(
            webhook=webhook,
            host=host_of(webhook),
            keeper=keepers.get(webhook.created_by, "Somebody"),
            is_active=webhook.status == WebhookStatus.ACTIVE,
            is_stopped=webhook.created_by in off,
            is_signed=bool(webhook.sealed_secret),
            deliveries=[delivery_row(one) for one in history.get(webhook.ref, ())],
        )
        for webhook in webhooks
    ]


def delivery_row(delivery: Delivery) -> DeliveryRow:
    tone, icon, label = STATES[DeliveryState(delivery.state)]
    answered = f"Answered {delivery.response_status}" if delivery.response_status else ""
    return DeliveryRow(
        topic=delivery.topic,
        is_test=delivery.key.startswith(TEST_KEY),
        at=delivery.created_at,
        tone=tone,
        icon=icon,
        label=label,
        said=answered or delivery.error,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
    )
