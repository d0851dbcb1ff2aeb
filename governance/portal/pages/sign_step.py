"""The sign step: what exactly would be signed, and what it would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.queries import labels_of
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import Case, case_of
from governance.approvals.queries.chairs import chairs
from governance.approvals.rules.dossier import Dossier, read_dossier
from governance.approvals.rules.judgement import Decision, DossierChanged
from governance.core.canonical import sha256_hex
from governance.portal.forms.decisions import CONDITIONS
from governance.portal.pages.changes import Change, changes, people_in, unexplained
from governance.portal.pages.grounds import Grounds, present_grounds
from governance.portal.pages.seats import Seat, seats_of
from governance.portal.pages.verdicts import consequence, title_of
from governance.portal.signing import seal

VERBS = {
    Decision.APPROVE: "approve",
    Decision.RETURN: "return for changes",
    Decision.REJECT: "reject",
}


@dataclass(frozen=True, kw_only=True)
class SignStep:
    request: PromotionRequest
    decision: Decision
    seat: Seat
    grounds: Grounds
    sealed: str
    consequence: str
    has_conditions: bool = False

    @property
    def title(self) -> str:
        return title_of(self.request)

    @property
    def verb(self) -> str:
        on_conditions = " with conditions" if self.has_conditions else ""
        return VERBS[self.decision] + on_conditions

    @property
    def choice(self) -> str:
        """What the form says for the decision."""
        return CONDITIONS if self.has_conditions else self.decision.value

    @property
    def said(self) -> str:
        return "Approve with conditions" if self.has_conditions else str(self.decision.label)

    @property
    def meaning(self) -> str:
        return self.seat.meaning(self.decision)

    @property
    def digest(self) -> str:
        return self.grounds.digest


def sign_step(
    request: PromotionRequest,
    *,
    decision: Decision,
    role: Role | None,
    seen: str | None,
    reader: User,
    at: datetime,
    has_conditions: bool = False,
) -> SignStep:
    """Return what this reader would sign, or raise what stands against it.

    `seen` is the dossier's text that was on the screen; without one, this page is the screen.
    Raises DutiesNotSeparated, PermissionMissing, DossierChanged, ChecksNotMet, NoPolicy.
    """
    case = case_of(request, at=at)
    seats = seats_of(case, chairs(case, reader=reader, at=at))
    seat = seats.taking(role, decision)
    require_unchanged(case, seen)
    seats.require_checks(decision)
    return SignStep(
        request=request,
        decision=decision,
        seat=seat,
        grounds=present_grounds(case),
        sealed=seal(case.dossier.text(), about=request.ref),
        consequence=consequence(case, decision),
        has_conditions=has_conditions,
    )


def require_unchanged(case: Case, seen: str | None) -> None:
    """Raise DossierChanged unless what was seen is what stands here now."""
    if seen is None:
        return
    digest = sha256_hex(seen.encode())
    if digest != case.digest:
        raise DossierChanged(
            "Nothing was signed: what you saw is not what stands here now.",
            seen=digest,
            now=case.digest,
        )


def changed_since(seen: str, now: Dossier) -> Sequence[Change]:
    """Say what differs between the facts that were on the screen and those that hold now."""
    before = read_dossier(seen)
    names = labels_of(people_in(before, now))
    return changes(before, now, names=names) or unexplained(seen, now.text())


def own_sign_off(request: PromotionRequest, reader: User, seen: str) -> SignOff | None:
    """Return the reader's own signature over these very facts, if they have given it already."""
    return SignOff.objects.filter(
        request=request, signer=reader, dossier_digest=sha256_hex(seen.encode())
    ).first()
