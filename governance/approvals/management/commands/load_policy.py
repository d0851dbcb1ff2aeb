from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from governance.accounts.permissions import Permission, roles_with
from governance.accounts.queries import CONSOLE
from governance.approvals.actions import propose_policy
from governance.approvals.actions.policies import SIGNATURES_NEEDED
from governance.approvals.models import PolicyVersion
from governance.approvals.rules.policies import PolicyState
from governance.core.commands import DomainCommand, text_of


class Command(DomainCommand):
    help = (
        "Propose the policy that a YAML file states. It has no effect until people sign it in the "
        "portal. A text that was proposed already is not proposed again. "
        "Exit code 0: it stands there; 1: refused, and nothing was proposed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the policy, as YAML")

    def handle(self, *args: Any, **options: Any) -> None:
        row = propose_policy(text=text_of(options["file"]), actor=CONSOLE, at=timezone.now())
        self.stdout.write(f"{row.key} version {row.number}: {PolicyState(row.state).label}.")
        self.stdout.write(f"sha256 {row.digest}")
        if row.state == PolicyState.PROPOSED:
            self.stdout.write(next_step(row))


def next_step(row: PolicyVersion) -> str:
    missing = SIGNATURES_NEEDED - row.sign_offs.count()
    roles = " or ".join(role.label.lower() for role in roles_with(Permission.POLICY_SIGN))
    return (
        f"It takes effect when {missing} more people who hold the role {roles} have signed it: "
        f"{settings.BASE_URL}/policies/{row.pk}/"
    )
