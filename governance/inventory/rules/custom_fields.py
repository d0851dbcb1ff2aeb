"""Fields that the firm itself defines: what each takes, of which models, how a value is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import TextChoices

from governance.core.errors import Problem
from governance.core.typed import is_plain, tidy
from governance.inventory.rules.records import Origin, Tier

MAX_KEY, MAX_LABEL, MAX_HINT, MAX_VALUE, MAX_CHOICE = 40, 80, 300, 2_000, 100
MOST_CHOICES = 50
_KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,10})?")
_WORDS = {"true": "true", "yes": "true", "false": "false", "no": "false"}


class FieldType(TextChoices):
    TEXT = "TEXT", "Text"
    NUMBER = "NUMBER", "Number"
    DATE = "DATE", "Date"
    BOOLEAN = "BOOLEAN", "Yes or no"
    CHOICE = "CHOICE", "One of a list"


class WrongValue(ValueError):
    """A value that its field does not take."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """What an administrator says of a field. Empty `origins` or `tiers` means all of them.

    `is_retired` takes it off the forms; what was said in it stays.
    """

    label: str
    value_type: str
    choices: Sequence[str] = ()
    hint: str = ""
    origins: Sequence[str] = ()
    tiers: Sequence[int] = ()
    required: bool = False
    position: int = 0
    is_retired: bool = False


def form_name(key: str) -> str:
    """What the field is called in a form, in a problem and among the values of a record."""
    return f"custom_{key}"


def applies(
    origins: Collection[str], tiers: Collection[int], *, origin: str, tier: int | None
) -> bool:
    """Tell whether a field for these origins and tiers is one of such a model."""
    return (not origins or origin in origins) and (not tiers or tier in tiers)


def canonical_value(text: str, *, value_type: str, choices: Collection[str]) -> str:
    """Return the one text that stands for what was typed; empty for nothing. Raises WrongValue."""
    said = tidy(text).strip()
    return READERS[FieldType(value_type)](said, choices) if said else ""


def _text(said: str, choices: Collection[str]) -> str:
    if len(said) > MAX_VALUE or not is_plain(said):
        message = f"Use at most {MAX_VALUE} characters, and no control character."
        raise WrongValue("length", message)
    return said


def _number(said: str, choices: Collection[str]) -> str:
    if not _NUMBER.fullmatch(said):
        raise WrongValue("number", "Enter a number such as 1200 or 0.35, without separators.")
    return format(Decimal(said).normalize() + 0, "f")


def _date(said: str, choices: Collection[str]) -> str:
    try:
        return date.fromisoformat(said).isoformat()
    except ValueError as error:
        raise WrongValue("date", "Enter a date such as 2026-11-19.") from error


def _boolean(said: str, choices: Collection[str]) -> str:
    if said.lower() not in _WORDS:
        raise WrongValue("boolean", "Say yes or no.")
    return _WORDS[said.lower()]


def _choice(said: str, choices: Collection[str]) -> str:
    if said not in choices:
        raise WrongValue("choice", f"Choose one of: {', '.join(choices)}.")
    return said


READERS: dict[FieldType, Callable[[str, Collection[str]], str]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.BOOLEAN: _boolean,
    FieldType.CHOICE: _choice,
}


def shown(text: str, *, value_type: str) -> str:
    """Return a kept value as a person reads it."""
    if value_type == FieldType.BOOLEAN:
        return {"true": "Yes", "false": "No"}.get(text, text)
    return text


def key_problems(key: str) -> Iterable[Problem]:
    if not _KEY.fullmatch(key) or len(key) > MAX_KEY:
        message = f"A key is small letters, digits and underscores, at most {MAX_KEY}: model_line."
        yield Problem(field="key", rule="slug", message=message)


def definition_problems(said: FieldDefinition) -> Iterable[Problem]:
    """Check what an administrator says of a field, apart from its key."""
    if not said.label.strip() or len(said.label) > MAX_LABEL or not is_plain(said.label):
        message = f"Enter a label of at most {MAX_LABEL} characters."
        yield Problem(field="label", rule="length", message=message)
    if len(said.hint) > MAX_HINT or not is_plain(said.hint):
        message = f"Use at most {MAX_HINT} characters for the help."
        yield Problem(field="hint", rule="length", message=message)
    if said.value_type not in FieldType.values:
        yield Problem(field="value_type", rule="choice", message="Choose one of the types.")
    if set(said.origins) - set(Origin.values):
        yield Problem(field="origins", rule="choice", message="Choose among the origins.")
    if set(said.tiers) - set(Tier.values):
        yield Problem(field="tiers", rule="choice", message="Choose among the tiers.")
    yield from _choice_problems(said)


def _choice_problems(said: FieldDefinition) -> Iterable[Problem]:
    is_list = said.value_type == FieldType.CHOICE
    if is_list and not 2 <= len(said.choices) <= MOST_CHOICES:
        message = f"Give from 2 to {MOST_CHOICES} choices, each on a line of its own."
        yield Problem(field="choices", rule="count", message=message)
    if said.choices and not is_list:
        message = "Only a field of the type “One of a list” has choices."
        yield Problem(field="choices", rule="type", message=message)
    wrong = [one for one in said.choices if not 0 < len(one) <= MAX_CHOICE or not is_plain(one)]
    if wrong or len(set(said.choices)) < len(said.choices):
        message = f"Each choice is there once, with at most {MAX_CHOICE} characters."
        yield Problem(field="choices", rule="once", message=message)
