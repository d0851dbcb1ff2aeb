"""Decisions as they stood at a past moment: the list, and one with all that was said by then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.past import RequestThen, requests_at
from governance.approvals.rules.judgement import RequestState
from governance.core.instants import Instant
from governance.inventory.models import Model
from governance.portal.pages.certificates import Certificate, certificates, entries_of_request
from governance.portal.pages.checks import CheckRow, check_rows
from governance.portal.pages.conversation import Said, conversation
from governance.portal.pages.decision_list import MARKS, PAGE_SIZE
from governance.portal.pages.grounds import Grounds, grounds_of
from governance.portal.pages.verdicts import title_of

OPEN = ("ink", "ring")


@dataclass(frozen=True, kw_only=True)
class PastDecisionPage:
    """`then` is None before it was asked for. `grounds` are what was last signed or decided on."""

    instant: Instant
    title: str
    then: RequestThen | None
    look: tuple[str, str]
    grounds: Grounds | None
    checks: Sequence[CheckRow]
    certificates: Sequence[Certificate]
    said: Sequence[Said]


@dataclass(frozen=True, kw_only=True)
class PastDecisionsPage:
    instant: Instant
    rows: Sequence[tuple[RequestThen, tuple[str, str]]]
    page: Page[PromotionRequest]
    model: str


def past_decision_page(request: PromotionRequest, instant: Instant) -> PastDecisionPage:
    """Read the page. Comments are as they read today; those taken back since are left out."""
    then = next(iter(requests_at([request], instant.moment)), None)
    copy = then.dossier if then else None
    grounds = grounds_of(copy, at=copy.recorded_at) if copy else None
    return PastDecisionPage(
        instant=instant,
        title=title_of(request),
        then=then,
        look=look_of(then.standing) if then else OPEN,
        grounds=grounds,
        checks=check_rows(grounds.checks, pages={}) if grounds else (),
        certificates=_signed(request, then, copy.digest if copy else "") if then else (),
        said=[one for one in conversation(request) if one.at <= instant.moment] if then else (),
    )


def _signed(request: PromotionRequest, then: RequestThen, digest: str) -> list[Certificate]:
    """What counted then is what was signed on the newest facts that anybody had signed."""
    counting = {row.ref for row in then.sign_offs if row.dossier_digest == digest}
    entries = entries_of_request(request)
    return certificates(then.sign_offs, entries=entries, counting=counting)


def past_decisions_page(
    reader: User, instant: Instant, *, model: str, number: str | None, at: datetime
) -> PastDecisionsPage:
    """Read one page of what had been asked for by then, newest first."""
    asked = PromotionRequest.objects.visible_to(reader, at=at).filter(opened_at__lte=instant.moment)
    if model:
        asked = asked.filter(model__in=Model.objects.named(model))
    rows = asked.with_version().order_by("-opened_at", "pk")
    page = Paginator(rows, PAGE_SIZE).get_page(number)
    found = requests_at(list(page.object_list), instant.moment)
    return PastDecisionsPage(
        instant=instant,
        rows=[(one, look_of(one.standing)) for one in found],
        page=page,
        model=model,
    )


def look_of(standing: RequestState) -> tuple[str, str]:
    return MARKS.get(standing, OPEN)
