"""Make the demo, once, and say who can sign in."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.queries.policies import nothing_is_gated
from governance.audit.actions import record_verification
from governance.audit.anchors import gather
from governance.audit.checkpointing import make_checkpoint
from governance.audit.signer import SignerRefuses
from governance.audit.verification import verify
from governance.core.commands import DomainCommand
from governance.demo.people import accounts, examiners, fresh_tokens, read
from governance.demo.seeding import seed


class Command(DomainCommand):
    help = (
        "Seed Meridian Bank with people, policies and models, unless it is there already. "
        "Refused where real accounts exist; ./run serve refuses a database that has the demo's."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--json",
            action="store_true",
            help="print people, fresh tokens by service account, and model names",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if nothing_is_gated():
            raise CommandError("The demo shows gates, and POLICY_SET=open has none. Unset it.")
        if not User.objects.filter(is_demo=True).exists():
            if User.objects.exists():
                raise CommandError(
                    "This database has real accounts; the demo needs one of its own."
                )
            seed(now=now)
            self._sign_and_verify(now)
        if options["json"]:
            self.stdout.write(json.dumps(self._base_data(now), ensure_ascii=False, indent=1))
        else:
            self._say_who_can_sign_in()

    def _sign_and_verify(self, now: datetime) -> None:
        try:
            make_checkpoint(actor=CONSOLE.ref, at=now)
        except SignerRefuses as refusal:
            # The folder of files outlived the database before this one.
            self.stderr.write(refusal.message)
        found = verify(anchors=gather(), states=True)
        record_verification(examination=found, actor=CONSOLE.ref, at=now)

    def _say_who_can_sign_in(self) -> None:
        people = accounts()
        self.stdout.write(f"    who can sign in, each with the password {people[0]['password']}:")
        for person in people:
            role = Role(person["role"]).label
            self.stdout.write(f"      {person['email']:34}{role}")
        for email in examiners():
            self.stdout.write(f"      {email:34}Examiner")

    def _base_data(self, now: Any) -> dict[str, Any]:
        services = list(read("people.yaml")["services"])
        return {
            "people": accounts(),
            "tokens": fresh_tokens(services, at=now),
            "models": [entry["name"] for entry in read("models.yaml")],
        }
