"""Where personal data stands, and what keeps it there, as the apps above tell it.

Each app says so in its `personal.py`: which tables point to prose and by whose keeping that is
kept, which rows are one person's notes and no record, and what must stay for how long.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.db.models import Q

from governance.audit.models import Prose
from governance.core.models import Record


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The prose of one table.

    `about` leads to the record by whose keeping the texts are kept; without one they are kept for
    the firm's years of retention from `since` on. `printed` are the columns that hold a person's
    own name, each with the column of that person; `naming` are those that name people by their
    references beside the names.
    """

    model: type[Record]
    about: str = ""
    since: str = ""
    printed: Mapping[str, str] = field(default_factory=dict)
    naming: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        fields = self.model._meta.concrete_fields
        return [one.name for one in fields if one.related_model is Prose]

    @property
    def kind(self) -> str:
        """The noun of the references that `about` leads to."""
        found: Any = self.model
        for step in self.about.split("__"):
            found = found._meta.get_field(step).related_model
        return str(found.REF)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One text that was not erased: where it stands, and what decides how long it is kept."""

    table: str
    column: str
    record: str
    prose: UUID
    about: str
    since: datetime | None

    @property
    def place(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True, kw_only=True)
class Protection:
    """That something must stay: by which rule, in a sentence, and through which day."""

    rule: str
    says: str
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Notes:
    """A table of what is no record and one person's alone: their rows can go without a trace."""

    model: type[models.Model]
    person: str


Guard = Callable[[Collection[str], datetime], Iterable[tuple[str, Protection]]]
"""Of these references, those that something protects at that moment, and what."""

TEXTS: dict[type[Record], Texts] = {}
NOTES: list[Notes] = []
GUARDS: list[Guard] = []


def register_texts(
    model: type[Record],
    *,
    about: str = "",
    since: str = "",
    printed: Mapping[str, str] | None = None,
    naming: tuple[str, ...] = (),
) -> None:
    """Say what the prose of a table is kept with. Raises ImproperlyConfigured for half a word."""
    texts = Texts(model=model, about=about, since=since, printed=printed or {}, naming=naming)
    if bool(about) == bool(since) or not {*texts.printed, *naming} <= set(texts.columns):
        raise ImproperlyConfigured(f"{model.__name__}: say either about or since, of its own prose")
    TEXTS[model] = texts


def register_notes(model: type[models.Model], *, person: str) -> None:
    NOTES.append(Notes(model=model, person=person))


def protect(guard: Guard) -> Guard:
    """Register what knows of records that must stay."""
    GUARDS.append(guard)
    return guard


def pieces_of(person: Record) -> list[Piece]:
    """Return the texts that hold this person's name by the nature of the table, in order."""
    found: list[Piece] = []
    for texts in TEXTS.values():
        for column, leads_to in texts.printed.items():
            found += _pieces(texts, column, Q(**{leads_to: person.pk}))
        for column in texts.naming:
            found += _pieces(texts, column, Q(**{f"{column}__text__contains": person.ref}))
    return sorted(found, key=_place)


def mentions(words: Iterable[str]) -> list[Piece]:
    """Return the texts, whoever wrote them, in which one of these words stands."""
    wanted = Q(pk__in=[])
    for word in words:
        wanted |= Q(text__icontains=word)
    hits = list(Prose.objects.filter(wanted).values_list("pk", flat=True))
    if not hits:
        return []
    found: list[Piece] = []
    for texts in TEXTS.values():
        for column in texts.columns:
            found += _pieces(texts, column, Q(**{f"{column}__in": hits}))
    return sorted(found, key=_place)


def piece_of(prose: Prose) -> Piece | None:
    """Return where a text stands; None if it was erased, or nothing points to it."""
    for texts in TEXTS.values():
        for column in texts.columns:
            for piece in _pieces(texts, column, Q(**{column: prose.pk})):
                return piece
    return None


def protections(refs: Collection[str], *, at: datetime) -> dict[str, Protection]:
    """Return what protects each of these records; what an earlier guard says stands."""
    found: dict[str, Protection] = {}
    for guard in GUARDS:
        for ref, protection in guard(refs, at):
            found.setdefault(ref, protection)
    return found


def _pieces(texts: Texts, column: str, which: Q) -> Iterator[Piece]:
    rows = texts.model._default_manager.filter(which, **{f"{column}__erased_at": None})
    kept_by = f"{texts.about}_id" if texts.about else texts.since
    for key, prose, by in rows.exclude(**{column: None}).values_list("pk", f"{column}_id", kept_by):
        yield Piece(
            table=texts.model._meta.label,
            column=column,
            record=f"{texts.model.REF}:{key}",
            prose=prose,
            about=f"{texts.kind}:{by}" if texts.about else "",
            since=None if texts.about else by,
        )


def _place(piece: Piece) -> tuple[str, str]:
    return piece.place, piece.record
