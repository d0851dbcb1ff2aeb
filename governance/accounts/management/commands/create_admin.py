from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.text import slugify

from governance.accounts.actions import create_first_administrator
from governance.accounts.models import Unit
from governance.accounts.queries import CONSOLE, root_unit
from governance.core.commands import DomainCommand
from governance.core.errors import invalid

PASSWORD_VARIABLE = "ADMIN_PASSWORD"  # noqa: S105  the name of a variable


class Command(DomainCommand):
    help = (
        "Make the first administrator of this portal. The password is asked for, or read from the "
        f"environment variable {PASSWORD_VARIABLE} or from standard input; never from the "
        "arguments, which every process of the machine can read. Without --unit-path the "
        "administrator holds the role in the root unit, which is made if there is none. "
        "Exit code 0: made; 1: refused, and nothing was made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="what the administrator signs in with")
        parser.add_argument("--name", required=True, help="the full name, as it will be printed")
        parser.add_argument("--unit-path", default="", help="such as bank; default: the root unit")
        parser.add_argument("--unit-name", default="", help="default: the organization's name")

    def handle(self, *args: Any, **options: Any) -> None:
        unit = unit_of(options["unit_path"], options["unit_name"])
        user = create_first_administrator(
            email=options["email"],
            name=options["name"],
            password=read_password(),
            unit_path=unit.path,
            unit_name=unit.name,
            actor=CONSOLE,
            at=timezone.now(),
        )
        self.stdout.write(f"{user.name} is administrator of {unit.name}.")
        self.stdout.write(f"Sign in at {settings.BASE_URL}/sign-in/ with {user.email}.")


def unit_of(path: str, name: str) -> Unit:
    """The unit that was named, else the root, else one after the organization; not saved."""
    root = root_unit()
    named = name or settings.ORGANIZATION
    if path:
        return Unit.objects.filter(path=path).first() or Unit(path=path, name=named)
    if root._state.adding:
        return Unit(path=slugify(named) or root.path, name=named)
    return root


def read_password() -> str:
    """From the environment, from a pipe, or asked for twice at a terminal."""
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    first = getpass("Password: ")
    if first != getpass("The same again: "):
        raise invalid("password", "same", "The two passwords differ. Nothing was made.")
    return first
