"""Put the lineage that older versions state into rows, each model in one entry of its ledger."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.audit.origin import origin
from governance.audit.rules import Source
from governance.inventory.models import Model
from governance.registry.actions.lineage import derive_lineage

LINEAGE = SystemActor(name="lineage", held=frozenset({Permission.EVALUATION_RECORD}))
"""The portal itself, after an update."""


class Command(BaseCommand):
    help = "Put the lineage that older versions state into rows. Running it again adds nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        with origin(Source.COMMAND):
            models = Model.objects.order_by("pk")
            derived = sum(derive_lineage(model=model, actor=LINEAGE, at=at) for model in models)
        if derived:
            self.stdout.write(f"    lineage of {derived} versions put into rows")
