"""Bring the database to this version of the portal; with --demo, seed the demo bank once."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection

from governance.core.ownership import as_owner
from governance.core.surroundings import broker_name, database_name, unapplied_migrations

UNPROTECTED = "audit.E001"
"""The check that finds a history table without its triggers, which every migrate puts back."""


def unprotected() -> bool:
    """Tell whether the triggers are not those of this version, which may come with no migration."""
    found = run_checks(tags=[Tags.database], databases=["default"], include_deployment_checks=True)
    return any(issue.id == UNPROTECTED for issue in found)


def may_migrate() -> bool:
    """Tell whether the role in use could change tables at all: the portal's own may not."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_schema_privilege(current_schema(), 'CREATE')")
        return bool(cursor.fetchone()[0])


class Command(BaseCommand):
    help = "Migrate when there is something to migrate; say which database and broker are in use."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="seed the demo bank, once")

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        self.stdout.write(f"    database: {database_name()}")
        self.stdout.write(f"    jobs: {broker_name()}")
        with as_owner():
            migrated = self.migrate()
        if settings.DATABASE_OWNER:
            call_command("grant_database", stdout=self.stdout)
        if migrated:
            call_command("derive_lineage", stdout=self.stdout)
        if demo:
            self.seed()
        self.offer()

    def migrate(self) -> bool:
        try:
            waiting = unapplied_migrations()
        except DatabaseError as error:
            raise CommandError(f"{database_name()} does not answer: {error}") from error
        if waiting:
            self.stdout.write(f"==> applying {waiting} migrations")
        elif unprotected():
            self.stdout.write("==> protecting the history tables again")
        else:
            return False
        if not may_migrate():
            raise CommandError(
                f"{connection.settings_dict['USER']} may not change tables: run "
                "`manage.py prepare` where DATABASE_OWNER_URL names the role that owns them."
            )
        call_command("migrate", interactive=False, verbosity=0)
        return True

    def seed(self) -> None:
        if not get_user_model().objects.exists():
            self.stdout.write("==> seeding the demo bank, once")
        call_command("seed_demo", stdout=self.stdout)

    def offer(self) -> None:
        """Say how tiers and classes come to be decided by questionnaire: people choose to."""
        if not apps.get_model("inventory", "QuestionnaireVersion").objects.exists():
            self.stdout.write(
                "    tiers and classes are set by hand; manage.py load_questionnaire publishes a "
                "questionnaire for them"
            )
