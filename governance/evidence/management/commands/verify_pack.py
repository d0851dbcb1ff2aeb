"""Check an evidence pack, with the same script that lies beside every pack."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from governance.evidence import verify_pack


class Command(BaseCommand):
    help = "Check an evidence pack: exit code 0 nothing failed, 1 something failed, 2 not checked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the PDF, or the evidence as JSON")
        parser.add_argument("--sha256", default="", metavar="DIGEST")
        parser.add_argument("--key", action="append", default=[], metavar="VKEY")
        parser.add_argument("--checkpoint", metavar="FILE")
        parser.add_argument("--consistency", metavar="FILE")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        argv = [options["file"], "--sha256", options["sha256"]]
        argv += [part for key in options["key"] for part in ("--key", key)]
        for name in ("checkpoint", "consistency"):
            argv += [f"--{name}", options[name]] if options[name] else []
        sys.exit(verify_pack.main(argv + ["--json"] * options["json"]))
