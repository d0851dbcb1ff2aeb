"""The shell's side of the domain: a refusal becomes one clear line and an exit code."""

from __future__ import annotations

import json
import sys
from getpass import getpass
from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError

from governance.core.errors import DomainError, InvalidInput, invalid


class DomainCommand(BaseCommand):
    """A shell over one action. What the action refuses is printed with its field and its rule."""

    refused: ClassVar[int] = 1

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(said(error), returncode=self.refused) from error


def said(error: DomainError) -> str:
    """`field: what would satisfy it [rule]`, a line per problem; else the message and its code."""
    if isinstance(error, InvalidInput) and error.problems:
        return "\n".join(f"{p.field}: {p.message} [{p.rule}]" for p in error.problems)
    return f"{error.message} [{error.code}]"


def read_secret(prompt: str, options: dict[str, Any]) -> str:
    """From one line of a pipe, or asked for at the terminal without an echo."""
    if options["password_stdin"]:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        message = "There is no terminal to ask at. Give --password-stdin."
        raise invalid("password", "terminal", message)
    return getpass(prompt)


def text_of(path: Path, *, longest: int | None = None) -> str:
    """Return the text of a file that was named on the command line. Raises InvalidInput.

    Of a file with more than `longest` characters no more is read than shows that it is too long.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(-1 if longest is None else longest + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise invalid("file", "readable", f"{path} cannot be read as text: {error}.") from error


def octets_of(path: Path, *, longest: int) -> bytes:
    """Return what is in the file; of one that is longer, one octet more, which shows that it is.

    Raises InvalidInput.
    """
    try:
        with path.open("rb") as file:
            return file.read(longest + 1)
    except OSError as error:
        raise invalid("file", "readable", f"{path} cannot be read: {error}.") from error


def write_at(path: Path, data: bytes) -> None:
    """Write a file that was named on the command line. Raises InvalidInput."""
    try:
        path.write_bytes(data)
    except OSError as error:
        raise invalid("out", "writable", f"{path} cannot be written: {error}.") from error


def write_json(path: Path, body: dict[str, Any]) -> None:
    text = json.dumps(body, ensure_ascii=False, indent=2)
    write_at(path, f"{text}\n".encode())
