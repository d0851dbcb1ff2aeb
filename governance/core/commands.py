"""The shell's side of the domain: a refusal becomes one clear line and exit code 1."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from governance.core.errors import DomainError, InvalidInput


class DomainCommand(BaseCommand):
    """A shell over one action. What the action refuses is printed with its field and its rule."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DomainError as error:
            raise CommandError(said(error)) from error


def said(error: DomainError) -> str:
    """`field: what would satisfy it [rule]`, a line per problem; else the message and its code."""
    if isinstance(error, InvalidInput) and error.problems:
        return "\n".join(f"{p.field}: {p.message} [{p.rule}]" for p in error.problems)
    return f"{error.message} [{error.code}]"
