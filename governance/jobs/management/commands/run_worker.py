"""Run jobs until told to stop."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.jobs.rules import LEASE, POLL_SECONDS
from governance.jobs.worker import Stop, serve


class Command(BaseCommand):
    help = "Run queued jobs one after the other. The server starts one of these by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--parent", type=int, default=0, help="Stop when this parent process is gone."
        )
        parser.add_argument("--lease", type=float, default=LEASE.total_seconds(), metavar="SECONDS")
        parser.add_argument("--poll", type=float, default=POLL_SECONDS, metavar="SECONDS")

    def handle(self, *args: Any, **options: Any) -> None:
        stop = Stop(parent=options["parent"])
        stop.install()
        serve(stop=stop, lease=timedelta(seconds=options["lease"]), poll=options["poll"])
