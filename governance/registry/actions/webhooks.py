"""Webhooks: who is told of what, kept by administrators, model owners and tokens with the scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from governance.accounts.models import Unit
from governance.accounts.permissions import Permission, require
from governance.accounts.rules import Actor
from governance.audit import actions as audit
from governance.audit.rules import Verb, admissible
from governance.core.errors import InvalidInput
from governance.core.sealing import seal
from governance.jobs import outbox
from governance.jobs.delivering import attempted
from governance.jobs.outbox import Outcome
from governance.jobs.rules import destination_of
from governance.jobs.sending import Answer
from governance.registry.models import Webhook
from governance.registry.queries.webhooks import (
    PURPOSE,
    TEST_KEY,
    delivery_to,
    host_of,
    message_to_webhook,
)
from governance.registry.rules.webhooks import (
    WebhookNotFound,
    WebhookStatus,
    example_of,
    webhook_problems,
)

STREAM = "firm"


@dataclass(frozen=True, kw_only=True)
class WebhookRecord:
    """What can be said of a webhook. `secret`: None keeps the one it has, empty takes it away."""

    name: str
    url: str
    events: Sequence[str]
    description: str = ""
    secret: str | None = None
    status: WebhookStatus = WebhookStatus.ACTIVE

    def check(self) -> None:
        """Raises InvalidInput. The name in the address is resolved at each delivery, not here."""
        problems = webhook_problems(
            name=self.name, description=self.description, secret=self.secret, events=self.events
        )
        if found := list(problems):
            raise InvalidInput(*found)
        destination_of(self.url, listed=settings.WEBHOOK_HOSTS)


@transaction.atomic
def create_webhook(*, unit: Unit, record: WebhookRecord, actor: Actor, at: datetime) -> Webhook:
    """Begin to tell an address of the unit's models. Appends webhook.created.

    Raises InvalidInput, PermissionMissing.
    """
    require(actor, Permission.WEBHOOK_MANAGE, unit=unit, at=at)
    record.check()
    webhook = Webhook(unit=unit, created_by=actor.ref, created_at=at, active_since=at)
    _apply(webhook, record, at=at)
    webhook.save(force_insert=True)
    _append(Verb.WEBHOOK_CREATED, webhook, actor, at)
    return webhook


@transaction.atomic
def edit_webhook(*, webhook: Webhook, record: WebhookRecord, actor: Actor, at: datetime) -> Webhook:
    """Change a webhook; what already waits goes to the new address. Appends webhook.edited.

    Raises InvalidInput, PermissionMissing, WebhookNotFound.
    """
    webhook = _locked(webhook)
    require(actor, Permission.WEBHOOK_MANAGE, unit=webhook.unit, at=at)
    record.check()
    if record.status == WebhookStatus.ACTIVE and webhook.status != WebhookStatus.ACTIVE:
        webhook.active_since = at
    _apply(webhook, record, at=at)
    webhook.save()
    _append(Verb.WEBHOOK_EDITED, webhook, actor, at)
    return webhook


@transaction.atomic
def delete_webhook(*, webhook: Webhook, actor: Actor, at: datetime) -> None:
    """Tell it nothing more, and forget address and secret. Appends webhook.deleted.

    Its deliveries stay as history. Raises PermissionMissing, WebhookNotFound.
    """
    webhook = _locked(webhook)
    require(actor, Permission.WEBHOOK_MANAGE, unit=webhook.unit, at=at)
    webhook.removed_at = webhook.updated_at = at
    webhook.url = webhook.sealed_secret = webhook.description = ""
    webhook.save()
    _append(Verb.WEBHOOK_DELETED, webhook, actor, at)


def try_webhook(
    *, webhook: Webhook, event: str, actor: Actor, at: datetime
) -> tuple[Outcome, Answer | None]:
    """Send a made-up event at once, whatever the webhook's status, and return what came of it.

    It stands in the webhook's history and is not tried again; the ledger does not speak of it,
    because nothing happened. Raises PermissionMissing.
    """
    require(actor, Permission.WEBHOOK_MANAGE, unit=webhook.unit, at=at)
    delivery = delivery_to(
        webhook, event=event, data=example_of(event), key=f"{TEST_KEY}:{at.isoformat()}", at=at
    )
    outcome, answer = attempted(message_to_webhook(delivery, at))
    outbox.record_once(delivery, outcome, at=timezone.now())
    return outcome, answer


def _locked(webhook: Webhook) -> Webhook:
    rows = Webhook.objects.present().select_for_update(of=("self",)).select_related("unit")
    found = rows.filter(pk=webhook.pk).first()
    if found is None:
        raise WebhookNotFound(f"Webhook with ID {webhook.pk} not found.")
    return found


def _apply(webhook: Webhook, record: WebhookRecord, *, at: datetime) -> None:
    webhook.name, webhook.url, webhook.description = record.name, record.url, record.description
    webhook.events, webhook.status = list(dict.fromkeys(record.events)), record.status
    if record.secret is not None:
        webhook.sealed_secret = seal(record.secret, purpose=PURPOSE) if record.secret else ""
    webhook.updated_at = at


def _append(verb: Verb, webhook: Webhook, actor: Actor, at: datetime) -> None:
    """The whole address stays out of the entry: its path and query often hold a key."""
    facts = {
        "unit": webhook.unit.ref,
        "name": webhook.name,
        "host": host_of(webhook),
        "events": sorted(webhook.events),
        "status": webhook.status,
        "signed": bool(webhook.sealed_secret),
    }
    audit.append(
        verb=verb,
        stream=STREAM,
        subject=webhook.ref,
        actor=actor.ref,
        at=at,
        facts=admissible(facts),
        records=[webhook],
    )
