"""One decision: the evidence, the signatures, and what this reader may do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.accounts.queries import labels_of
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import Case, case_of, sign_offs_of
from governance.approvals.queries.chairs import Chair, chairs
from governance.approvals.rules.gates import Topic
from governance.approvals.rules.judgement import Decision, RequestState
from governance.approvals.rules.policies import NoPolicy
from governance.portal import links
from governance.portal.pages.certificates import Certificate, certificates, entries_of_request
from governance.portal.pages.checks import CheckRow, check_rows, ways_on
from governance.portal.pages.comparison import Comparison, comparison
from governance.portal.pages.grounds import (
    Grounds,
    Since,
    kept_grounds,
    present_grounds,
    since_approval,
)
from governance.portal.pages.overrides import OverrideRow, kept_overrides, override_rows
from governance.portal.pages.reasons import Reason, reasons_behind
from governance.portal.pages.seats import Seats, seats_of
from governance.portal.pages.timing import Timing, timing_of
from governance.portal.pages.verdicts import (
    Verdict,
    closed_verdict,
    open_verdict,
    stranded_verdict,
    title_of,
    vacancy,
)
from governance.portal.signing import seal


@dataclass(frozen=True, kw_only=True)
class DecisionPage:
    """`grounds` is None where no policy leads any more, and where nobody had to decide.

    `sealed` carries the facts on the screen to the sign step; empty when nothing can be signed.
    Then `reasons` say why.
    """

    request: PromotionRequest
    verdict: Verdict
    asked_through: str
    certificates: Sequence[Certificate]
    grounds: Grounds | None = None
    checks: Sequence[CheckRow] = ()
    since: Since | None = None
    comparison: Comparison | None = None
    chairs: Sequence[Chair] = ()
    seats: Seats | None = None
    reasons: Sequence[Reason] = ()
    sealed: str = ""
    may_withdraw: bool = False
    overrides: Sequence[OverrideRow] = ()
    timing: Timing | None = None

    @property
    def title(self) -> str:
        return title_of(self.request)

    @property
    def is_open(self) -> bool:
        return self.request.standing == RequestState.OPEN

    @property
    def signed(self) -> int:
        return sum(
            1 for one in self.certificates if one.counts and one.decision == Decision.APPROVE
        )

    def vacancy(self, chair: Chair) -> str:
        return vacancy(chair)


def decision_page(request: PromotionRequest, *, reader: User, at: datetime) -> DecisionPage:
    """Read the page; the caller has checked that the request may be seen."""
    rows = sign_offs_of(request)
    if request.standing != RequestState.OPEN:
        return _closed_page(request, rows)
    try:
        case = case_of(request, at=at)
    except NoPolicy as error:
        return _stranded_page(request, rows, error, reader=reader)
    return _open_page(case, request, rows, reader=reader, at=at)


def _open_page(
    case: Case, request: PromotionRequest, rows: Sequence[SignOff], *, reader: User, at: datetime
) -> DecisionPage:
    places = chairs(case, reader=reader, at=at)
    seats = seats_of(case, places)
    overrides = override_rows(case, request, reader=reader, at=at)
    grounds = present_grounds(case)
    counting = {signature.ref for signature in case.judgement.signatures}
    return DecisionPage(
        request=request,
        verdict=open_verdict(case, for_reader=seats.can_approve),
        asked_through=_through(request),
        certificates=certificates(
            rows, entries=entries_of_request(request), counting=counting, now=case.dossier
        ),
        **_evidence(grounds, request)
        | {"checks": _open_checks(case, request, overrides, reader, at=at)},
        overrides=overrides,
        timing=timing_of(request, case.policy, at=at),
        chairs=places,
        seats=seats,
        reasons=_reasons(seats, stream=request.model.stream),
        sealed=seal(case.dossier.text(), about=request.ref) if seats.open else "",
        may_withdraw=may_withdraw(request, reader),
    )


def _open_checks(
    case: Case,
    request: PromotionRequest,
    overrides: Sequence[OverrideRow],
    reader: User,
    *,
    at: datetime,
) -> Sequence[CheckRow]:
    """The checks, each failing one with what this reader can do about it."""
    ways = ways_on(case, request, overrides, reader=reader, at=at)
    return check_rows(case.judgement.checks, pages=pages_of(request), ways=ways)


def _reasons(seats: Seats, *, stream: str) -> list[Reason]:
    if seats.bars:
        return reasons_behind(seats.bars, stream=stream)
    return [Reason(sentence=sentence) for sentence in seats.reasons]


def _closed_page(request: PromotionRequest, rows: Sequence[SignOff]) -> DecisionPage:
    grounds = kept_grounds(request)
    decider = labels_of([request.closed_by]).get(request.closed_by, "somebody")
    replaced = grounds.replaced if grounds else None
    deciding = {row.ref for row in rows if row.dossier_digest == request.decided_digest}
    in_force = [one.ref for one in grounds.dossier.overrides] if grounds else []
    page = DecisionPage(
        request=request,
        verdict=closed_verdict(request, decider=decider, replaced=replaced),
        asked_through=_through(request),
        certificates=certificates(rows, entries=entries_of_request(request), counting=deciding),
        overrides=kept_overrides(request, in_force) if in_force else (),
    )
    return replace(page, **_evidence(grounds, request)) if grounds else page


def _evidence(grounds: Grounds, request: PromotionRequest) -> dict[str, Any]:
    return {
        "grounds": grounds,
        "checks": check_rows(grounds.checks, pages=pages_of(request)),
        "since": since_approval(grounds),
        "comparison": comparison(grounds.dossier, grounds.checks),
    }


def _stranded_page(
    request: PromotionRequest, rows: Sequence[SignOff], error: NoPolicy, *, reader: User
) -> DecisionPage:
    """No policy in force leads where this asks to go, so there is nothing to judge it by."""
    return DecisionPage(
        request=request,
        verdict=stranded_verdict(error.message),
        asked_through=_through(request),
        certificates=certificates(rows, entries=entries_of_request(request), counting=()),
        may_withdraw=may_withdraw(request, reader),
    )


def may_withdraw(request: PromotionRequest, reader: User) -> bool:
    """Tell whether the button is shown; `withdraw` decides."""
    return reader.pk in {request.requested_by_id, request.version.model.owner_id}


def pages_of(request: PromotionRequest) -> dict[Topic, str]:
    """Where the record that a check speaks of can be read."""
    version = request.version
    return {
        Topic.CARD: links.card(version),
        Topic.FILES: f"{links.version(version)}#artifacts",
        Topic.FINDINGS: f"{links.model(version.model)}#findings",
        Topic.RECORD: links.model(version.model),
        Topic.REPORT: links.validation(version),
    }


def _through(request: PromotionRequest) -> str:
    """The service account that asked on the requester's account, if one did."""
    via = request.requested_via
    if via == f"user:{request.requested_by_id}":
        return ""
    return labels_of([via]).get(via, "a service account")
