"""Requests for information: how each stands, and what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import RoleGrant, User
from governance.accounts.permissions import Permission, may
from governance.core.wording import as_date
from governance.evidence.models import InformationRequest, InformationRequestMessage
from governance.evidence.queries.examining import (
    Attachable,
    attachable,
    attached_to,
    is_late,
    state_of,
)
from governance.evidence.rules.examining import WAITING, MessageKind, RequestState
from governance.inventory.rules.examinations import ExaminationState

MARKS = {
    RequestState.UNASSIGNED: ("warn", "person"),
    RequestState.ASKED: ("ink", "comment"),
    RequestState.ANSWERED: ("ok", "check"),
    RequestState.ACCEPTED: ("mute", "check"),
    RequestState.WITHDRAWN: ("mute", "minus"),
}
LATE = ("bad", "alert")


@dataclass(frozen=True, kw_only=True)
class RequestRow:
    request: InformationRequest
    state: RequestState
    is_late: bool

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def mark(self) -> tuple[str, str]:
        return LATE if self.is_late else MARKS[self.state]


@dataclass(frozen=True, kw_only=True)
class Said:
    """An answer or a follow-up, with what it names."""

    message: InformationRequestMessage
    attached: Sequence[Attachable]

    @property
    def did(self) -> str:
        return "answered" if self.message.kind == MessageKind.ANSWER else "asked on"


@dataclass(frozen=True, kw_only=True)
class RequestPage:
    """One request, and what the reader may do about it now."""

    row: RequestRow
    said: Sequence[Said]
    can_assign: bool
    can_answer: bool
    can_ask: bool

    @property
    def can_accept(self) -> bool:
        return self.can_ask and self.row.state == RequestState.ANSWERED


@dataclass(frozen=True, kw_only=True)
class RequestsPage:
    waiting: Sequence[RequestRow]
    settled: Sequence[RequestRow]


def request_row(request: InformationRequest, *, at: datetime) -> RequestRow:
    late = is_late(request, today=as_date(at))
    return RequestRow(request=request, state=state_of(request), is_late=late)


def requests_page(reader: User, *, at: datetime) -> RequestsPage:
    """Read what the reader asks, answers or keeps: what waits for an answer first."""
    seen = InformationRequest.objects.visible_to(reader, at=at).with_all()
    rows = [request_row(one, at=at) for one in seen.order_by("wished_date", "raised_at")]
    return RequestsPage(
        waiting=[row for row in rows if row.is_waiting],
        settled=[row for row in rows if not row.is_waiting],
    )


def request_page(request: InformationRequest, *, reader: User, at: datetime) -> RequestPage:
    row = request_row(request, at=at)
    examination = request.examination
    state = examination.state_at(at)
    goes_on = not hasattr(request, "end") and state in {
        ExaminationState.OPEN,
        ExaminationState.TO_COME,
    }
    keeps = may(reader, Permission.EXAMINATION_OPEN, unit=examination.unit, at=at)
    return RequestPage(
        row=row,
        said=said_to(request),
        can_assign=goes_on and keeps,
        can_answer=goes_on and row.is_waiting and request.assignee == reader,
        can_ask=goes_on and reader.is_examiner,
    )


def said_to(request: InformationRequest) -> list[Said]:
    messages = request.messages_in_order
    found = attached_to(row for message in messages for row in message.attachments.all())
    return [
        Said(
            message=message,
            attached=[
                found[row.target] for row in message.attachments.all() if row.target in found
            ],
        )
        for message in messages
    ]


def people_to_assign(*, at: datetime) -> list[tuple[str, str]]:
    """Everybody who holds a role now, by name, as choices."""
    grants = RoleGrant.objects.at(at).filter(user__is_active=True).select_related("user")
    people = {grant.user_id: grant.user for grant in grants}
    return [
        (str(person.pk), f"{person.name} ({person.email})")
        for person in sorted(people.values(), key=lambda one: one.name)
    ]


def records_to_attach(request: InformationRequest) -> list[tuple[str, str]]:
    """What an answer can name, as choices."""
    return [(one.ref, one.label) for one in attachable(request.examination)]
