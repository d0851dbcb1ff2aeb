"""What is held of people, what of it can be erased, and what is on hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Page, Paginator

from governance.accounts.actions import Holdable
from governance.accounts.erasing import Plan, mentions_of, plan_of, protected
from governance.accounts.models import Erasure, Hold, User
from governance.accounts.permissions import Permission, require
from governance.accounts.queries import root_unit
from governance.audit.models import Prose
from governance.audit.personal import Piece, piece_of
from governance.core.errors import NotFound
from governance.core.wording import sentence
from governance.inventory.models import Model

PAGE_SIZE = 50
NAME_UNDER = "name printed under"
WORDS = {
    "account.EmailAddress": "address to sign in with",
    "accounts.User": "name, e-mail address and password",
    "approvals.OverrideSignOff.printed_name": f"{NAME_UNDER} an override",
    "approvals.PolicySignOff.printed_name": f"{NAME_UNDER} a policy",
    "approvals.SignOff.printed_name": f"{NAME_UNDER} a decision",
    "audit.Prose": "text",
    "cards.UnsavedText": "text that was typed and not saved",
    "core.kept_files": "file that was sent to be imported",
    "inventory.AnswerDraft": "answers that were not handed in",
    "inventory.Attestation.printed_name": f"{NAME_UNDER} an attestation",
    "inventory.Attestation.snapshot": "record that was attested to, with the names of its people",
    "inventory.ChangeDecision.printed_name": f"{NAME_UNDER} a decision on a change",
    "inventory.SavedView": "saved view of the inventory",
    "inventory.TierOverrideApproval.printed_name": f"{NAME_UNDER} another tier",
    "inventory.WaiverDecision.printed_name": f"{NAME_UNDER} a waiver",
    "mfa.Authenticator": "app or passkey to sign in with",
    "sessions.Session": "session",
    "validation.Report.signed_name": f"{NAME_UNDER} a validation",
}


def in_words(place: str) -> str:
    """Put a place into words; one without words of its own reads as it is called."""
    if place in WORDS:
        return sentence(WORDS[place])
    return sentence(" ".join(place.split(".")[1:]).replace("_", " "))


@dataclass(frozen=True, kw_only=True)
class HoldRow:
    hold: Hold
    name: str


@dataclass(frozen=True, kw_only=True)
class PersonalPage:
    """`people` are those who were let go: nobody else's data is erased."""

    people: Page[User]
    holds: Sequence[HoldRow]
    erasures: Sequence[Erasure]


@dataclass(frozen=True, kw_only=True)
class Amount:
    what: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Stay:
    what: str
    why: str
    count: int


@dataclass(frozen=True, kw_only=True)
class PersonPage:
    plan: Plan
    goes: Sequence[Amount]
    stays: Sequence[Stay]
    mentions: Sequence[tuple[Piece, str]]
    past: Sequence[Erasure]


@dataclass(frozen=True, kw_only=True)
class TextPage:
    """`kept` says why the text has to stay; it is empty where it can be erased."""

    prose: Prose
    where: str
    kept: str


def require_keeper(reader: User, *, at: datetime) -> None:
    require(reader, Permission.DATA_ERASE, unit=root_unit(), at=at)


def personal_page(number: str | None, *, at: datetime) -> PersonalPage:
    """Read who was let go, what is on hold, and the newest erasures, in eight queries."""
    people = User.objects.filter(is_active=False).order_by("name", "pk")
    erasures = Erasure.objects.select_related("person", "erased_by", "reason")
    return PersonalPage(
        people=Paginator(people, PAGE_SIZE).get_page(number),
        holds=hold_rows(),
        erasures=list(erasures.order_by("-erased_at", "pk")[:PAGE_SIZE]),
    )


def hold_rows() -> list[HoldRow]:
    holds = Hold.objects.standing().select_related("reason", "placed_by").order_by("placed_at")
    rows = list(holds)
    keys = [UUID(row.subject.partition(":")[2]) for row in rows]
    names: dict[str, str] = {}
    for table in (User, Model):
        for one in table._default_manager.filter(pk__in=keys).only("name"):
            names[one.ref] = one.name
    return [HoldRow(hold=row, name=names.get(row.subject, row.subject)) for row in rows]


def person_page(person: User, *, at: datetime) -> PersonPage:
    plan = plan_of(person, at=at)
    stays = Counter((piece.place, kept.says) for piece, kept in plan.stays)
    return PersonPage(
        plan=plan,
        goes=[Amount(what=in_words(place), count=count) for place, count in plan.erased.items()],
        stays=[
            Stay(what=in_words(place), why=says, count=count)
            for (place, says), count in sorted(stays.items())
        ],
        mentions=[(piece, in_words(piece.place)) for piece in mentions_of(person)],
        past=list(
            person.erasures.select_related("erased_by", "reason").order_by("-erased_at", "pk")
        ),
    )


def text_page(prose: Prose, *, at: datetime) -> TextPage:
    piece = piece_of(prose)
    protection = protected([piece], at=at).get(piece) if piece else None
    return TextPage(
        prose=prose,
        where=in_words(piece.place) if piece else "",
        kept=protection.says if protection else "",
    )


def person_by_id(key: UUID) -> User:
    person = User.objects.filter(pk=key).first()
    if person is None:
        raise NotFound("There is no such person.")
    return person


def prose_by_id(key: UUID) -> Prose:
    prose = Prose.objects.filter(pk=key).first()
    if prose is None:
        raise NotFound("There is no such text.")
    return prose


def hold_by_id(key: UUID) -> HoldRow:
    row = next((row for row in hold_rows() if row.hold.pk == key), None)
    if row is None:
        raise NotFound("There is no such hold, or it was lifted.")
    return row


def model_to_hold(model: Model) -> Holdable:
    return Holdable(ref=model.ref, stream=model.stream, name=model.name)
