"""Compute anew which frameworks apply to every model, after files of frameworks changed."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone

from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.core.commands import DomainCommand
from governance.core.wording import counted
from governance.inventory.actions import recompute_scope
from governance.inventory.models import Model, RuleScope
from governance.inventory.queries.scopes import (
    Computed,
    changes_between,
    computed_scope,
    latest_scope,
)
from governance.inventory.rules.frameworks import sentence

SCOPES = SystemActor(name="scopes", held=frozenset({Permission.MODEL_EDIT}))
"""The portal itself, after its files or settings changed."""


class Command(DomainCommand):
    help = (
        "Work out anew which frameworks apply to each model, and print what differs from what is "
        "on record. Nothing is kept without --apply. Exit code 0: worked out; 1: refused, as when "
        "a file of a framework is wrong."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--apply", action="store_true", help="keep what differs")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        changed = 0
        for model in Model.objects.select_related("unit").order_by("name"):
            before, computed = latest_scope(model), computed_scope(model)
            if not computed.differs_from(before):
                continue
            changed += 1
            self.stdout.write(model.name)
            for line in _lines(computed, before, at=at):
                self.stdout.write(f"  {line}")
            if options["apply"]:
                recompute_scope(model=model, actor=SCOPES, at=at)
        self.stdout.write(_summary(changed, is_kept=options["apply"]))


def _lines(computed: Computed, before: RuleScope | None, *, at: datetime) -> Iterator[str]:
    if before is None:
        yield "Nothing is on record yet."
        return
    found = changes_between(computed, at, before)
    yield from map(sentence, found)
    if not found:
        yield "Facts or wording changed; no answer did."


def _summary(changed: int, *, is_kept: bool) -> str:
    if not changed:
        return "Every scope is as it is on record."
    said = counted(changed, "model")
    return f"Kept for {said}." if is_kept else f"{said} would change. Keep that with --apply."
