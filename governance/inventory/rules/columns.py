"""What a file of the inventory holds: its columns, and how their cells are written and read.

A field that is added to ModelRecord gets its line in RECORD; export, import and pages follow.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from django.db.models import IntegerChoices, TextChoices

from governance.core.errors import InvalidInput, invalid
from governance.core.typed import is_plain, tidy
from governance.inventory.rules.records import AiActClass, Kind, Origin, Tier

if TYPE_CHECKING:
    from governance.accounts.models import Unit, User

_SEPARATORS = re.compile(r"[;,\s]+")


class Known(Protocol):
    """Who and what the cells of a file may name."""

    def person(self, email: str) -> User | None: ...

    def unit(self, path: str) -> Unit | None: ...


class Misread(ValueError):
    """A cell that says nothing its column could hold: which rule, and what would satisfy it."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


@dataclass(frozen=True)
class Text:
    """Text as it was typed; the line ends of every program are the same."""

    longest: int = 0
    says = "Text."

    def write(self, value: str) -> str:
        return value

    def read(self, text: str, known: Known) -> str:
        tidied = tidy(text)
        if not is_plain(tidied):
            raise Misread("plain", "Take the control characters out of it.")
        if self.longest and len(tidied) > self.longest:
            raise Misread("length", f"Use at most {self.longest} characters.")
        return tidied.strip()

    def key(self, value: str) -> object:
        """What has the same key is the same value."""
        return tidy(value).strip()


@dataclass(frozen=True)
class Choice:
    """One of a fixed set: its value, or the words for it in any case."""

    choices: type[TextChoices] | type[IntegerChoices]
    missing: str | None = ""

    @property
    def says(self) -> str:
        return f"{', '.join(str(value) for value in self.choices.values)}, or the words for it."

    def write(self, value: object) -> str:
        return "" if value is None else str(value)

    def read(self, text: str, known: Known) -> object:
        said = text.strip().casefold()
        if not said:
            return self.missing
        for value, label in self.choices.choices:
            words = str(label).casefold()
            if said in {str(value).casefold(), words, words.partition(" (")[0]}:
                return value
        raise Misread("choice", f"It is one of {self.says.removesuffix('.')}.")

    def key(self, value: object) -> object:
        return value


@dataclass(frozen=True)
class Codes:
    """Codes in capitals; what separates them may be a semicolon, a comma or a space."""

    says = "Two-letter codes with ; between them."

    def write(self, value: Sequence[str]) -> str:
        return ";".join(value)

    def read(self, text: str, known: Known) -> tuple[str, ...]:
        return tuple(sorted({code.upper() for code in words(text)}))

    def key(self, value: Sequence[str]) -> object:
        return sorted(set(value))


@dataclass(frozen=True)
class Day:
    """A day as 2026-11-19, the way it is written everywhere."""

    says = "A day such as 2026-11-19."

    def write(self, value: date | None) -> str:
        return "" if value is None else value.isoformat()

    def read(self, text: str, known: Known) -> date | None:
        try:
            return date.fromisoformat(text.strip()) if text.strip() else None
        except ValueError:
            raise Misread("date", "Write the day as 2026-11-19.") from None

    def key(self, value: date | None) -> object:
        return value


@dataclass(frozen=True)
class Person:
    """Somebody with an account here, by e-mail address."""

    says = "An e-mail address."

    def write(self, value: User | None) -> str:
        return "" if value is None else value.email

    def read(self, text: str, known: Known) -> User | None:
        email = text.strip()
        return _known_person(email, known) if email else None

    def key(self, value: User | None) -> object:
        return value and value.pk


@dataclass(frozen=True)
class People:
    """People with an account here, by e-mail address."""

    says = "E-mail addresses with ; between them."

    def write(self, value: Sequence[User]) -> str:
        return ";".join(sorted(person.email for person in value))

    def read(self, text: str, known: Known) -> tuple[User, ...]:
        return tuple({p.pk: p for p in (_known_person(e, known) for e in words(text))}.values())

    def key(self, value: Sequence[User]) -> object:
        return {person.pk for person in value}


@dataclass(frozen=True)
class Place:
    """A business unit, by its path."""

    says = "The path of a business unit, such as bank/retail."

    def write(self, value: Unit | None) -> str:
        return "" if value is None else value.path

    def read(self, text: str, known: Known) -> Unit | None:
        path = text.strip()
        found = known.unit(path) if path else None
        if path and found is None:
            raise Misread("known", f"There is no business unit {path!r}.")
        return found

    def key(self, value: Unit | None) -> object:
        return value and value.pk


def words(text: str) -> list[str]:
    """Return what a cell lists, whatever stands between the items."""
    return [word for word in _SEPARATORS.split(text) if word]


def _known_person(email: str, known: Known) -> User:
    person = known.person(email)
    if person is None:
        raise Misread("known", f"Nobody here has the e-mail address {email!r}.")
    return person


Shape = Text | Choice | Codes | Day | Person | People | Place


@dataclass(frozen=True)
class Column:
    """One column. `source` is the attribute of a model that holds it, where it is not `key`.

    `reason_of` names the column whose change the text of this one explains; `hint` says what a
    cell holds, where the shape alone does not.
    """

    key: str
    heading: str
    shape: Shape = Text()
    source: str = ""
    reason_of: str = ""
    hint: str = ""

    @property
    def says(self) -> str:
        return self.hint or self.shape.says

    def write(self, value: Any) -> str:
        """Return the text of the cell; `read` gives an equal value back."""
        return self.shape.write(value)

    def read(self, text: str, known: Known) -> Any:
        """Return what the cell says. Raises InvalidInput, naming the column."""
        try:
            return self.shape.read(text, known)
        except Misread as error:
            raise self.wrong(error.rule, error.message) from error

    def same(self, one: Any, other: Any) -> bool:
        return self.shape.key(one) == self.shape.key(other)

    def wrong(self, rule: str, message: str) -> InvalidInput:
        return invalid(self.key, rule, message)


NAME = Column("name", "Name", hint="The name, exactly. A new one becomes a new model.")
UNIT = Column("unit", "Unit", Place())
NEEDED = "Text. Needed when the column before it changes, and only then."
DESCRIPTION = Column("description", "Description")
RECORD = (
    Column("purpose", "Purpose"),
    Column("intended_use", "Intended use"),
    Column("excluded_use", "Excluded use"),
    Column("origin", "Origin", Choice(Origin)),
    Column("kind", "Kind", Choice(Kind)),
    Column("products", "Products"),
    Column("owner", "Owner", Person()),
    Column("developers", "Developers", People()),
    Column("validator", "Validator", Person()),
    Column("tier", "Risk tier", Choice(Tier, missing=None)),
    Column("tier_reason", "Reason for the tier", reason_of="tier", hint=NEEDED),
    Column("ai_act_class", "EU AI Act class", Choice(AiActClass)),
    Column("ai_act_reason", "Reason for the class", reason_of="ai_act_class", hint=NEEDED),
    Column("jurisdictions", "Jurisdictions", Codes(), source="jurisdiction_codes"),
    Column("inputs", "Inputs"),
    Column("outputs", "Outputs"),
    Column("users", "Users"),
    Column("overlays", "Overlays"),
    Column("limitations", "Limitations"),
    Column("restrictions", "Restrictions on use"),
    Column("vendor_name", "Vendor"),
    Column("vendor_product", "Vendor product"),
    Column("vendor_release", "Vendor release"),
    Column("contract_reference", "Contract"),
    Column("contract_end_date", "Contract ends", Day()),
    Column("first_use_date", "First use", Day()),
    Column(
        "tracking_uri",
        "Tracking server",
        Text(longest=300),
        hint="The address of an MLflow server that this portal may ask.",
    ),
)
"""The columns of a ModelRecord, by the names of its fields."""
COLUMNS = (NAME, UNIT, *RECORD, DESCRIPTION)
BY_HEADING = {text.casefold(): c for c in COLUMNS for text in (c.key, c.heading)}
