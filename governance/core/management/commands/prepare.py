"""Bring the database to this version of the portal; with --demo, seed the demo bank once."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from governance.core.surroundings import broker_name, database_name, unapplied_migrations


class Command(BaseCommand):
    help = "Migrate when there is something to migrate; say which database and broker are in use."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="seed the demo bank, once")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        self.stdout.write(f"    database: {database_name()}")
        self.stdout.write(f"    jobs: {broker_name()}")
        self.migrate()
        if demo:
            self.seed()

    def migrate(self) -> None:
        try:
            waiting = unapplied_migrations()
        except DatabaseError as error:
            raise CommandError(f"{database_name()} does not answer: {error}") from error
        if waiting:
            self.stdout.write(f"==> applying {waiting} migrations")
            call_command("migrate", interactive=False, verbosity=0)

    def seed(self) -> None:
        if not get_user_model().objects.exists():
            self.stdout.write("==> seeding the demo bank, once")
        call_command("seed_demo", stdout=self.stdout)
