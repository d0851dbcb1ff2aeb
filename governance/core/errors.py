"""The refusals that the domain can give. Each interface maps them to a status in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with what was given: where, which rule, and what would satisfy it."""

    field: str
    rule: str
    message: str


class DomainError(Exception):
    """A refusal with a stable code; the message is for people, the facts are for programs.

    `subject` and `stream` say which record and which ledger stream the refused call was about,
    so that the interface can put the refusal on record.
    """

    code: ClassVar[str] = "refused"

    def __init__(self, message: str, *, subject: str = "", stream: str = "", **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        self.subject = subject
        self.stream = stream
        self.facts = facts


class NotFound(DomainError):
    """It does not exist, or the caller may not know that it does."""

    code = "not_found"


class NotAllowed(DomainError):
    """The caller lacks a permission."""

    code = "not_allowed"


class Refused(DomainError):
    """A rule of governance stands against it, whoever asks."""

    code = "refused"


class WrongState(DomainError):
    """The record is not in a state in which this can be done."""

    code = "wrong_state"


class InvalidInput(DomainError):
    """What was given breaks a rule of form. `problems` names each field and rule."""

    code = "invalid_input"

    def __init__(self, *problems: Problem, message: str = "", **facts: Any) -> None:
        self.problems: Sequence[Problem] = problems
        super().__init__(message or " ".join(p.message for p in problems), **facts)


def invalid(field: str, rule: str, message: str) -> InvalidInput:
    """Build the common case: one field, one rule."""
    return InvalidInput(Problem(field=field, rule=rule, message=message))
