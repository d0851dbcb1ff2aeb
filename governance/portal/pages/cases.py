"""Open requests as one reader sees them: what stands against each, and whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, case_of, open_requests
from governance.approvals.queries.chairs import Chair, chairs
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import ReadAhead, Reading
from governance.approvals.rules.policies import NoPolicy, Policy
from governance.core.wording import counted
from governance.portal import links
from governance.portal.pages.overrides import OverrideRow, override_rows
from governance.portal.pages.timing import Timing, timing_of
from governance.registry.rules import Move

REPORT_CHECK = "report_approved"


@dataclass(frozen=True, kw_only=True)
class OpenCase:
    """One open request. `case` is None while no policy in force reaches its move any more."""

    request: PromotionRequest
    case: Case | None
    chairs: Sequence[Chair] = ()
    overrides: Sequence[OverrideRow] = ()
    timing: Timing | None = None

    @property
    def title(self) -> str:
        request = self.request
        version = f"version {request.version.number} of {request.version.model.name}"
        if request.move == Move.CONFIRMED:
            return f"{version} to stay in {request.slot.name}"
        hurry = " in an emergency" if request.move == Move.EMERGENCY else ""
        return f"{version} to {request.goal}{hurry}"

    @property
    def href(self) -> str:
        return links.decision(self.request)

    @property
    def unmet(self) -> Sequence[str]:
        """The checks that stand against it, in words."""
        return [check.label for check in self.case.judgement.unmet_checks] if self.case else []

    @property
    def needs_report(self) -> bool:
        checks = self.case.judgement.unmet_checks if self.case else ()
        return any(check.id == REPORT_CHECK for check in checks)

    @property
    def my_chair(self) -> Chair | None:
        """The place that the reader may take now; none while a check fails."""
        if self.unmet:
            return None
        return next((chair for chair in self.chairs if chair.open_to_reader), None)

    @property
    def decide_by(self) -> date | None:
        return self.timing.decide_by if self.timing else None

    @property
    def checks_said(self) -> str:
        if self.case is None:
            return "No policy"
        checks = self.case.judgement.checks
        return f"{len(checks) - len(self.unmet)} of {len(checks)}"

    @property
    def signatures_said(self) -> str:
        given = sum(len(chair.given) for chair in self.chairs)
        return f"{given} of {given + sum(max(chair.missing, 0) for chair in self.chairs)}"

    @property
    def waits_for(self) -> str:
        """Whose turn it is, in words."""
        if self.case is None:
            return "a policy that reaches this move"
        if self.unmet:
            return f"its builders: {counted(len(self.unmet), 'check')} not met"
        missing = [chair for chair in self.chairs if chair.missing > 0 and chair.is_turn]
        return "; ".join(waiting_chair(chair) for chair in missing) or "the requester to ask again"


def waiting_chair(chair: Chair) -> str:
    """`1 signature as approver: Daniel Brandt or Sofia Marchetti`."""
    who = " or ".join(person.name for person in chair.candidates) or "nobody can sign"
    signatures = counted(chair.missing, "signature")
    return f"{signatures} as {chair.need.label.lower()}: {who}"


def open_cases(reader: User, *, at: datetime) -> list[OpenCase]:
    """Every open request that the reader may see, oldest first, judged as it stands now."""
    policies, requests = policies_in_force(), open_requests(reader, at=at)
    ahead = ReadAhead(requests, reader=reader, at=at)
    return [
        judged(request, policies=policies, reader=reader, at=at, reading=ahead)
        for request in requests
    ]


def judged(
    request: PromotionRequest,
    *,
    policies: Sequence[Policy],
    reader: User,
    at: datetime,
    reading: Reading,
) -> OpenCase:
    try:
        case = case_of(request, at=at, policies=policies, reading=reading)
    except NoPolicy:
        # The policy under which it was opened has been replaced by one that ends this way.
        return OpenCase(request=request, case=None)
    places = chairs(case, reader=reader, at=at, reading=reading)
    return OpenCase(
        request=request,
        case=case,
        chairs=places,
        overrides=override_rows(case, request, reader=reader, at=at, reading=reading),
        timing=timing_of(request, case.policy, at=at),
    )
