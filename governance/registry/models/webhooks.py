"""Webhooks: who is told of what happens in the registry."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from governance.accounts.models import Unit
from governance.accounts.queries import readable_paths, unit_reach
from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.registry.rules.webhooks import WebhookStatus


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def present(self) -> WebhookQuerySet:
        return self.filter(removed_at=None)

    def listening(self) -> WebhookQuerySet:
        return self.present().filter(status=WebhookStatus.ACTIVE)

    def visible_to(self, actor: Actor, *, at: datetime) -> WebhookQuerySet:
        """Keep those of the units that the actor may read."""
        return self.filter(unit_reach(readable_paths(actor, at=at), prefix="unit__"))

    def newest_first(self) -> WebhookQuerySet:
        return self.order_by("-created_at", "-id")


class Webhook(Record):
    """An address that is told of events, of the models of its unit and of those below it.

    `events` are texts such as `model_version.created`. `sealed_secret` is what deliveries are
    signed with, encrypted; empty for none. `active_since` is when it last began to listen: it is
    told of nothing older. A removed one keeps its name, and neither secret nor address.
    """

    REF = "webhook"

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="webhooks")
    name = models.CharField(max_length=63)
    description = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    events = models.JSONField(default=list)
    sealed_secret = models.TextField(blank=True)
    status = models.CharField(
        max_length=10, choices=WebhookStatus.choices, default=WebhookStatus.ACTIVE
    )
    active_since = models.DateTimeField()
    created_by = models.CharField(max_length=60)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=WebhookStatus.values), name="webhook_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None) | Q(url="", sealed_secret=""),
                name="removed_webhook_keeps_no_secret",
            ),
        ]

    def __str__(self) -> str:
        return self.name
