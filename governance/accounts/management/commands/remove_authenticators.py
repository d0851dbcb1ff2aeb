from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from governance.accounts.actions import remove_lost
from governance.accounts.queries import CONSOLE, person_with_email
from governance.core.commands import DomainCommand
from governance.core.errors import invalid


class Command(DomainCommand):
    help = (
        "Remove the authenticator app and the passkeys of somebody who lost them. They sign in "
        "with their password alone until they add others. Exit code 0: removed; 1: refused, and "
        "nothing was removed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="what the person signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        user = person_with_email(options["email"])
        if user is None:
            raise invalid("email", "unknown", f"Nobody signs in with {options['email']}.")
        remove_lost(user=user, actor=CONSOLE, at=timezone.now())
        self.stdout.write(f"{user.name} signs in and signs with the password alone now.")
