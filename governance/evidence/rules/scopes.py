"""What a pack is of: chosen by somebody, fixed when it is asked for, printed on its cover.

A scope names its models one by one. A filter that was chosen (a unit, a tier) is kept beside them
and said, but it is not applied again: what it finds tomorrow is another pack.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import TextChoices

from governance.core.canonical import canonical, sha256_hex
from governance.core.errors import NotFound, Problem
from governance.core.wording import counted, day, joined

STREAMS = {
    "accounts": "people and access",
    "evidence": "evidence packs",
    "firm": "policies of the firm",
    "ledger": "the ledger itself",
}
"""The streams that are no model's, and what happens in them."""


class ScopeKind(TextChoices):
    """What a pack can be of."""

    MODEL = "MODEL", "One model"
    VERSION = "VERSION", "One version"
    DECISION = "DECISION", "One decision"
    PORTFOLIO = "PORTFOLIO", "Several models"
    TRAIL = "TRAIL", "An audit trail"
    SAMPLE = "SAMPLE", "A sample"
    AS_OF = "AS_OF", "As of a day"


class Chapter(TextChoices):
    """What can be left out of the pages. The attached evidence holds everything either way."""

    MATRIX = "MATRIX", "Requirements and their evidence"
    VERSIONS = "VERSIONS", "Versions"
    CARD = "CARD", "Model card"
    DECISIONS = "DECISIONS", "Decisions and checks"
    VALIDATION = "VALIDATION", "Validation and findings"
    SIGN_OFFS = "SIGN_OFFS", "Sign-off certificates"
    EXCEPTIONS = "EXCEPTIONS", "Exceptions"
    ENTRIES = "ENTRIES", "Ledger entries"


OFFERED = (
    ScopeKind.MODEL,
    ScopeKind.VERSION,
    ScopeKind.DECISION,
    ScopeKind.PORTFOLIO,
    ScopeKind.TRAIL,
)
"""What can be chosen to have a pack of; the others follow from other choices."""

OF_ONE = frozenset({ScopeKind.MODEL, ScopeKind.VERSION, ScopeKind.DECISION})
"""The kinds that are of exactly one model."""


class ScopeUnseen(NotFound):
    """Nothing that may be seen is in it: absent and invisible look alike."""

    code = "scope_unseen"


@dataclass(frozen=True, kw_only=True)
class PackScope:
    """What a pack is of.

    `title` is what it was called when it was asked for. `models` are references, in the order in
    which they are printed. `subject` is the version or the request, if it is of one. `since` and
    `until` are whole days, in UTC; they choose what is printed, not what is attached. `streams` are
    those of no model. `chosen` is the filter in words, if one was. `chapters` are those that are
    printed; None means all.
    """

    kind: ScopeKind
    title: str
    models: tuple[str, ...] = ()
    subject: str = ""
    chosen: str = ""
    since: date | None = None
    until: date | None = None
    streams: tuple[str, ...] = ()
    frameworks: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] | None = None

    @property
    def model_ids(self) -> tuple[UUID, ...]:
        return tuple(UUID(ref.partition(":")[2]) for ref in self.models)

    @property
    def subject_id(self) -> UUID:
        return UUID(self.subject.partition(":")[2])

    @property
    def digest(self) -> str:
        """SHA-256 of the text: two questions are one if it is the same."""
        return sha256_hex(self.text().encode())

    @property
    def period(self) -> str:
        """The period in words; empty where none was chosen."""
        match self.since, self.until:
            case None, None:
                return ""
            case None, date() as until:
                return f"up to {day(until)}"
            case date() as since, None:
                return f"from {day(since)} on"
            case date() as since, date() as until:
                return f"{day(since)} to {day(until)}"
        return ""

    @property
    def sentence(self) -> str:
        """Say what it is of, without a full stop."""
        said = self._subject_words()
        return f"{said}, {self.period}" if self.period else said

    def _subject_words(self) -> str:
        if self.kind == ScopeKind.PORTFOLIO:
            return f"{counted(len(self.models), 'model')}: {self.chosen}"
        if self.kind == ScopeKind.TRAIL:
            return f"Audit trail of {self.title}"
        return self.title

    def prints(self, chapter: Chapter) -> bool:
        return self.chapters is None or chapter in self.chapters

    def covers(self, moment: date | None) -> bool:
        """Tell whether a day is in the period; of what has no day, that it is."""
        if moment is None:
            return True
        after = self.since is None or moment >= self.since
        return after and (self.until is None or moment <= self.until)

    def body(self) -> dict[str, Any]:
        """Return it as plain JSON; what is empty is absent."""
        held: dict[str, Any] = {
            "kind": self.kind.value,
            "title": self.title,
            "models": list(self.models),
            "subject": self.subject,
            "chosen": self.chosen,
            "first_day": self.since.isoformat() if self.since else "",
            "last_day": self.until.isoformat() if self.until else "",
            "streams": list(self.streams),
            "frameworks": list(self.frameworks),
        }
        found = {name: value for name, value in held.items() if value}
        if self.chapters is not None:
            found["chapters"] = [chapter.value for chapter in self.chapters]
        return found

    def text(self) -> str:
        """Return it as canonical JSON; equal scopes give equal texts."""
        return canonical(self.body())


def read_scope(text: str) -> PackScope:
    """Return the scope that `PackScope.text` wrote."""
    return scope_from(json.loads(text))


def scope_from(body: dict[str, Any]) -> PackScope:
    """Return the scope that `PackScope.body` gave; what else stands there is left aside."""
    return PackScope(
        kind=ScopeKind(body["kind"]),
        title=body["title"],
        models=tuple(body.get("models", ())),
        subject=body.get("subject", ""),
        chosen=body.get("chosen", ""),
        since=_day(body.get("first_day")),
        until=_day(body.get("last_day")),
        streams=tuple(body.get("streams", ())),
        frameworks=tuple(body.get("frameworks", ())),
        chapters=_chapters(body.get("chapters")),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _chapters(values: list[str] | None) -> tuple[Chapter, ...] | None:
    return None if values is None else tuple(Chapter(value) for value in values)


def period_problems(since: date | None, until: date | None) -> Iterator[Problem]:
    """Check a period that somebody typed."""
    if since and until and until < since:
        message = f"The period ends before it begins. Enter {day(since)} or a later day."
        yield Problem(field="until", rule="order", message=message)


def streams_in_words(streams: tuple[str, ...]) -> str:
    return joined([STREAMS.get(name, name) for name in streams])


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What somebody chose, before it is known what that holds.

    `model` is a name; `number` counts the versions or the requests of that model. `unit` is a path:
    what lies under it is meant too. Empty means any.
    """

    kind: ScopeKind
    model: str = ""
    number: int | None = None
    unit: str = ""
    tier: int | None = None
    streams: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    frameworks: tuple[str, ...] = ()
    chapters: tuple[Chapter, ...] | None = None
