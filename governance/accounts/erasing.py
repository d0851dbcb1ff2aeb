"""What would go and what would stay if somebody's personal data were erased."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import QuerySet

from governance.accounts.models import Hold, User
from governance.accounts.rules import RETENTION, kept_until
from governance.audit.personal import (
    NOTES,
    Piece,
    Protection,
    mentions,
    pieces_of,
    protections,
)
from governance.core.kept_files import files_kept
from governance.core.wording import as_date, day


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an erasure of this person's data would take, and what it would leave, and why.

    `account` tells whether name, address and password still stand. `notes` counts, by table, what
    is no record and goes without a trace.
    """

    person: User
    account: bool
    goes: Sequence[Piece]
    stays: Sequence[tuple[Piece, Protection]]
    notes: Mapping[str, int]
    hold: Hold | None

    @property
    def is_empty(self) -> bool:
        return not (self.account or self.goes or any(self.notes.values()))

    @property
    def erased(self) -> dict[str, int]:
        """How much goes, by place."""
        account = {"accounts.User": 1} if self.account else {}
        notes = {table: count for table, count in self.notes.items() if count}
        return account | dict(sorted(Counter(piece.place for piece in self.goes).items())) | notes

    @property
    def kept(self) -> dict[str, int]:
        """How much stays, by the rule that protects it."""
        return dict(sorted(Counter(protection.rule for _, protection in self.stays).items()))


def plan_of(person: User, *, at: datetime) -> Plan:
    """Read what is held of a person, in a number of queries that does not depend on how much."""
    found = pieces_of(person)
    kept = protected(found, at=at)
    return Plan(
        person=person,
        account=not person.is_erased,
        goes=[piece for piece in found if piece not in kept],
        stays=[(piece, kept[piece]) for piece in found if piece in kept],
        notes=notes_of(person),
        hold=Hold.objects.standing().filter(subject=person.ref).order_by("placed_at").first(),
    )


def mentions_of(person: User) -> list[Piece]:
    """Return the texts in which somebody else wrote the name or the address.

    No rule finds out what else they say, so each is erased by itself or not at all.
    """
    if person.is_erased:
        return []
    own = {piece.prose for piece in pieces_of(person)}
    return [piece for piece in mentions((person.name, person.email)) if piece.prose not in own]


def protected(pieces: Iterable[Piece], *, at: datetime) -> dict[Piece, Protection]:
    """Return what protects each of the texts; one that nothing protects is left out."""
    pieces = list(pieces)
    known = protections({piece.about for piece in pieces if piece.about}, at=at)
    found = {piece: known.get(piece.about) or _by_age(piece, at=at) for piece in pieces}
    return {piece: protection for piece, protection in found.items() if protection}


def _by_age(piece: Piece, *, at: datetime) -> Protection | None:
    if piece.since is None:
        return None
    until = kept_until(as_date(piece.since), settings.RETENTION_YEARS)
    if until < as_date(at):
        return None
    return Protection(rule=RETENTION, says=f"Kept through {day(until)}.", until=until)


def notes_of(person: User) -> dict[str, int]:
    """Count what is no record: sessions, second factors, what was typed, saved and sent."""
    tables = {one.model._meta.label: own_notes(one.model, one.person, person) for one in NOTES}
    return {
        "mfa.Authenticator": Authenticator.objects.filter(user=person).count(),
        "account.EmailAddress": EmailAddress.objects.filter(user=person).count(),
        "sessions.Session": len(sessions_of(person)),
        **{label: rows.count() for label, rows in tables.items()},
        "core.kept_files": len(files_kept(person)),
    }


def own_notes(table: type[models.Model], column: str, person: User) -> QuerySet[Any]:
    return table._default_manager.filter(**{column: person.pk})


def sessions_of(person: User) -> list[str]:
    """Return the keys of this person's sessions; no column says whose they are."""
    key = str(person.pk)
    rows = Session.objects.iterator()
    return [row.pk for row in rows if str(row.get_decoded().get(SESSION_KEY)) == key]
