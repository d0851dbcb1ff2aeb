"""The list of decisions: what is open and whose turn it is, and what was decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db.models import F

from governance.accounts.models import User
from governance.accounts.queries import labels_of
from governance.approvals.models import PromotionRequest
from governance.approvals.rules.judgement import RequestState
from governance.inventory.models import Model
from governance.portal.pages.cases import OpenCase, open_cases

PAGE_SIZE = 30
MARKS = {
    RequestState.DONE: ("ok", "check"),
    RequestState.RETURNED: ("warn", "override"),
    RequestState.REJECTED: ("bad", "cross"),
    RequestState.WITHDRAWN: ("mute", "minus"),
    RequestState.OVERTAKEN: ("mute", "minus"),
}


@dataclass(frozen=True, kw_only=True)
class Decided:
    """One closed request."""

    request: PromotionRequest
    tone: str
    icon: str
    by: str


@dataclass(frozen=True, kw_only=True)
class DecisionsPage:
    open: Sequence[OpenCase]
    closed: Sequence[Decided]
    page: Page[PromotionRequest]
    mine: int
    model: str


def decisions_page(reader: User, *, model: str, number: str | None, at: datetime) -> DecisionsPage:
    """Read the open requests as they stand, and one page of the closed ones, newest first."""
    cases = open_cases(reader, at=at)
    closed = (
        PromotionRequest.objects.visible_to(reader, at=at)
        .closed()
        .with_version()
        .order_by(F("closed_at").desc(nulls_last=True))
    )
    if model:
        cases = [one for one in cases if one.request.version.model.name == model]
        closed = closed.filter(model__in=Model.objects.named(model))
    page = Paginator(closed, PAGE_SIZE).get_page(number)
    return DecisionsPage(
        open=cases,
        closed=decided(list(page.object_list)),
        page=page,
        mine=sum(1 for one in cases if one.my_chair),
        model=model,
    )


def decided(requests: Sequence[PromotionRequest]) -> list[Decided]:
    names = labels_of(request.closed_by for request in requests)
    return [
        Decided(
            request=request,
            tone=MARKS[request.standing][0],
            icon=MARKS[request.standing][1],
            by=names.get(request.closed_by, ""),
        )
        for request in requests
    ]
