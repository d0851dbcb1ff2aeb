from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from governance.audit import keys
from governance.audit.checkpointing import current_origin, rotate_key
from governance.audit.keys import KeyUnusable, LedgerKey
from governance.audit.origin import origin
from governance.audit.rules import CONSOLE, Source
from governance.core.errors import DomainError


class Command(BaseCommand):
    help = (
        "Hand over to a new signing key: one checkpoint bears both signatures. A key file is "
        "replaced, and kept under another name. A key from the environment or a token is named "
        "as the new one by the settings, and the old one's PEM file by --old."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--old", type=Path, help="PEM file of the key that was in use so far")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            new = self._given(options["old"]) if options["old"] else self._replaced()
            self.stdout.write(f"The new verifier key is {new.named(current_origin())}")
        except (KeyUnusable, DomainError, OSError) as error:
            raise CommandError(f"The key was not replaced: {error}") from error

    def _given(self, old: Path) -> LedgerKey:
        new = keys.known_key()
        self._hand_over(keys.load(old), new)
        return new

    def _replaced(self) -> LedgerKey:
        if settings.LEDGER_KEY or settings.LEDGER_KEY_PKCS11:
            raise KeyUnusable("the key is no file; set the new one, and name the old with --old.")
        path: Path = settings.LEDGER_KEY_FILE
        following = path.with_name(f"{path.name}.next")
        keys.make(following)
        old, new = keys.load(path), keys.load(following)
        self._hand_over(old, new)
        # A crash before the last line leaves the old key in use and the next one waiting: the
        # same command then goes on with it.
        with suppress(FileExistsError):
            os.link(path, path.with_name(f"{path.name}.retired-{_id(old)}"))
        following.replace(path)
        return new

    def _hand_over(self, old: LedgerKey, new: LedgerKey) -> None:
        with origin(Source.COMMAND):
            rotate_key(old=old, new=new, actor=CONSOLE, at=timezone.now())


def _id(key: LedgerKey) -> str:
    return key.named(current_origin()).id.hex()
