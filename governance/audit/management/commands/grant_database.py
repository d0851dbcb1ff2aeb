"""Give the portal's role on PostgreSQL what it needs, and nothing more."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from governance.audit.roles import grant
from governance.core.ownership import as_owner, portal_role


class Command(BaseCommand):
    help = (
        "Let the role of DATABASE_URL read and add history and never change it. Runs as the role "
        "of DATABASE_OWNER_URL, after each migrate by itself; can be run again."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--role", default="", help="another role than that of DATABASE_URL")

    def handle(self, *args: Any, role: str, **options: Any) -> None:
        role = role or portal_role()
        with as_owner():
            try:
                tables = grant(connection, role=role)
            except (ImproperlyConfigured, DatabaseError) as error:
                raise CommandError(" ".join(str(error).split())) from error
        self.stdout.write(f"    {role} may use {tables} tables and owns none of them")
