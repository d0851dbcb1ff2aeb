"""What every page shows around its content: places, theme, the reader, the state of the record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from governance.accounts.models import User
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.rules import Role
from governance.approvals.queries.policies import nothing_is_gated
from governance.audit.queries import LedgerState, ledger_state
from governance.core.themes import THEME_LABELS, theme_after, theme_of
from governance.core.wording import lately
from governance.inventory.models import Model
from governance.portal import evidence_links, links
from governance.portal.pages.examinations import Banner, banner
from governance.portal.pages.inbox import remembered

PINS_COOKIE = "pins"
LINKS = {"links": links, "evidence_links": evidence_links}
"""Modules of addresses, as templates call them."""
MAX_PINS = 8


@dataclass(frozen=True, kw_only=True)
class Place:
    """One link of the sidebar; `key` is the letter after g that goes there."""

    name: str
    label: str
    href: str
    icon: str
    key: str
    waiting: int = 0


@dataclass(frozen=True, kw_only=True)
class Pin:
    name: str
    href: str


@dataclass(frozen=True, kw_only=True)
class Shell:
    """Everything `base.html` reads. `person` is None for whoever is not signed in."""

    person: User | None
    theme: str
    now: datetime
    organization: str
    work: Sequence[Place] = ()
    assurance: Sequence[Place] = ()
    records: Sequence[Place] = ()
    pinned: Sequence[Pin] = ()
    ledger: str = ""
    alarm: str = ""
    is_ungated: bool = False
    examination: Banner | None = None

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def next_theme(self) -> str:
        return theme_after(self.theme)

    @property
    def theme_label(self) -> str:
        return THEME_LABELS[self.theme]


def work_places(*, waiting: int) -> tuple[Place, ...]:
    return (
        Place(name="home", label="Home", href="/", icon="home", key="h", waiting=waiting),
        Place(name="inventory", label="Inventory", href="/models/", icon="models", key="m"),
        Place(name="live", label="Live", href="/live/", icon="pulse", key="l"),
        Place(name="decisions", label="Decisions", href="/decisions/", icon="sign", key="d"),
    )


WEBHOOKS = Place(name="webhooks", label="Webhooks", href="/webhooks/", icon="bell", key="w")
EXAMINATIONS = Place(
    name="examinations", label="Examinations", href="/examinations/", icon="eye", key="n"
)
PERSONAL = Place(
    name="personal", label="Personal data", href="/personal-data/", icon="lock", key="x"
)
RECORDS: dict[Role, tuple[Place, ...]] = {
    Role.COMPLIANCE: (EXAMINATIONS, PERSONAL),
    Role.MODEL_OWNER: (
        Place(name="records", label="Model records", href="/admin/", icon="edit", key="r"),
        WEBHOOKS,
    ),
    Role.ADMINISTRATOR: (
        Place(name="people", label="People", href="/people/", icon="person", key="u"),
        Place(
            name="services",
            label="Service accounts",
            href="/service-accounts/",
            icon="key",
            key="s",
        ),
        WEBHOOKS,
    ),
}
"""What only those see who keep it."""


def held_by(person: User, *, at: datetime) -> set[Role]:
    """The roles that the person holds now, in whatever unit, in one query."""
    return {Role(grant.role) for grant in person.grants.at(at)}


def kept_by(held: set[Role]) -> tuple[Place, ...]:
    """The places of those who hold these roles."""
    kept = (place for role, places in RECORDS.items() if role in held for place in places)
    # Some places, such as the webhooks, are of two roles.
    return tuple(dict.fromkeys(kept))


ASSURANCE = (
    Place(name="reviews", label="Reviews", href="/reviews/", icon="calendar", key="v"),
    Place(name="policies", label="Policies", href="/policies/", icon="sliders", key="p"),
    Place(name="compliance", label="Compliance", href="/compliance/", icon="shield", key="n"),
    Place(name="frameworks", label="Frameworks", href="/frameworks/", icon="book", key="f"),
    Place(name="evidence", label="Evidence", href="/evidence/", icon="file", key="e"),
    Place(name="audit", label="Audit log", href="/audit/", icon="chain", key="a"),
)


ASKED = Place(
    name="information_requests",
    label="Requests",
    href="/information-requests/",
    icon="comment",
    key="i",
)
EXAMINED = tuple(one for one in ASSURANCE if one.name in {"reviews", "audit"})
"""What of it an examiner may read."""
CHALLENGE = Place(name="challenge", label="Challenge", href="/challenge/", icon="override", key="c")


def assurance_of(held: set[Role]) -> tuple[Place, ...]:
    """What everybody may read, and the figures on challenge for whom they are for."""
    is_reader = held & set(roles_with(Permission.CHALLENGE_READ))
    return (*ASSURANCE, CHALLENGE) if is_reader else ASSURANCE


def shell_of(request: HttpRequest) -> Shell:
    """Build the shell for this request. Nobody signed in: no places, and no query."""
    person = getattr(request, "user", None)
    now = timezone.now()
    theme = theme_of(request)
    if not isinstance(person, User):
        return Shell(person=None, theme=theme, now=now, organization=settings.ORGANIZATION)
    if person.is_examiner:
        return examiners_shell(request, person, theme=theme, now=now)
    held, state = held_by(person, at=now), ledger_state()
    return Shell(
        person=person,
        theme=theme,
        now=now,
        organization=settings.ORGANIZATION,
        work=work_places(waiting=remembered(person)),
        assurance=assurance_of(held),
        records=kept_by(held),
        ledger=ledger_line(state, now),
        alarm="Ledger alarm" if state.alarmed else "",
        is_ungated=nothing_is_gated(),
        pinned=pins(pinned_ids(request), person, at=now),
    )


def examiners_shell(request: HttpRequest, person: User, *, theme: str, now: datetime) -> Shell:
    """The same for an examiner: the places of an open examination, or none."""
    shown = banner(request, person)
    return Shell(
        person=person,
        theme=theme,
        now=now,
        organization=settings.ORGANIZATION,
        work=(*work_places(waiting=0), ASKED) if shown else (),
        assurance=EXAMINED if shown else (),
        ledger=ledger_line(ledger_state(), now) if shown else "",
        examination=shown,
    )


def pinned_ids(request: HttpRequest) -> list[UUID]:
    """The models that the reader pinned, oldest first. A cookie that is no list of ours is none."""
    try:
        return [UUID(hex=part) for part in request.COOKIES.get(PINS_COOKIE, "").split(".") if part]
    except ValueError:
        return []


def pins(wanted: Sequence[UUID], reader: User, *, at: datetime) -> list[Pin]:
    """The pinned models, by name, as far as the reader may still see them."""
    if not wanted:
        return []
    models = Model.objects.visible_to(reader, at=at).filter(pk__in=wanted[:MAX_PINS])
    return [Pin(name=m.name, href=links.model(m)) for m in models.only("name").order_by("name")]


def ledger_line(state: LedgerState, now: datetime) -> str:
    """The foot of the sidebar: when the chain was last recomputed, and that it broke if so."""
    if state.verified_at is None:
        return "Ledger not verified yet"
    when = lately(state.verified_at, now).lower() + " UTC"
    return f"Ledger verified {when}" if state.intact else f"Ledger broken, {when}"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Lazy, so that a fragment without the shell costs nothing."""
    return {"shell": SimpleLazyObject(lambda: shell_of(request)), **LINKS}
