"""What one reader may sign on one request, and if nothing, why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.sign_offs import MEANINGS
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import Chair
from governance.approvals.rules.duties import Bar, require_separation
from governance.approvals.rules.judgement import ChecksNotMet, Decision
from governance.portal.forms.decisions import CONDITIONS

REFUSING = (Decision.RETURN, Decision.REJECT)


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A role in which the reader may sign, and what they may sign in it."""

    chair: Chair
    decisions: Sequence[Decision]

    @property
    def role(self) -> Role:
        return self.chair.role

    def meaning(self, decision: Decision) -> str:
        return MEANINGS.get(decision) or self.chair.need.meaning


@dataclass(frozen=True, kw_only=True)
class Seats:
    """`open` is empty exactly when `reasons` says why the reader signs nothing here."""

    open: Sequence[Seat]
    reasons: Sequence[str]
    bars: Sequence[Bar]
    bars_by_role: Mapping[Role, Sequence[Bar]]
    held_by_checks: Sequence[str]

    @property
    def can_approve(self) -> bool:
        return any(Decision.APPROVE in seat.decisions for seat in self.open)

    @property
    def decisions(self) -> Sequence[Decision]:
        return [one for one in Decision if any(one in seat.decisions for seat in self.open)]

    @property
    def choices(self) -> Sequence[str]:
        """What the form offers: with an approval also one on conditions."""
        offered: list[str] = [one.value for one in self.decisions]
        return [offered[0], CONDITIONS, *offered[1:]] if self.can_approve else offered

    @property
    def waits_for_others(self) -> bool:
        return any(seat.chair.missing > 0 and not seat.chair.is_turn for seat in self.open)

    def taking(self, role: Role | None, decision: Decision) -> Seat:
        """Return the seat in which this reader signs, or raise what stands against it.

        Without a role it is the first in which the decision can be given. Said before a password
        is asked for; the domain decides again under lock.
        """
        fitting = [seat for seat in self.open if role is None or seat.role == role]
        fitting.sort(key=lambda seat: decision not in seat.decisions)
        if fitting:
            return fitting[0]
        require_separation(self.bars_by_role.get(role, self.bars) if role else self.bars)
        raise PermissionMissing(
            " ".join(self.reasons) or "The policy asks for no signature that you could give so."
        )

    def require_checks(self, decision: Decision) -> None:
        """Raise ChecksNotMet if somebody would approve while a check is not met."""
        if decision == Decision.APPROVE and self.held_by_checks:
            raise ChecksNotMet(
                "Nobody can approve while a check is not met. " + " ".join(self.held_by_checks)
            )


def seats_of(case: Case, chairs: Sequence[Chair]) -> Seats:
    unmet = [check.sentence for check in case.judgement.unmet_checks]
    taken = [
        Seat(chair=chair, decisions=_decisions(chair, unmet))
        for chair in chairs
        if chair.holds_role and not chair.bars
    ]
    bars = [] if taken else relevant_bars(chairs)
    return Seats(
        open=taken,
        reasons=[] if taken else reasons_of(case, chairs, bars),
        bars=bars,
        bars_by_role={role: chair.bars for chair in chairs for role in chair.need.roles},
        held_by_checks=unmet,
    )


def _decisions(chair: Chair, unmet: Sequence[str]) -> Sequence[Decision]:
    may_approve = chair.missing > 0 and chair.is_turn and not unmet
    return (Decision.APPROVE, *REFUSING) if may_approve else REFUSING


def relevant_bars(chairs: Sequence[Chair]) -> list[Bar]:
    """Return what separates the reader's duties: of the roles they hold, else of any."""
    held = [chair for chair in chairs if chair.holds_role] or chairs
    found = {bar.rule: bar for chair in held for bar in chair.bars}
    return list(found.values())


def reasons_of(case: Case, chairs: Sequence[Chair], bars: Sequence[Bar]) -> list[str]:
    """Say to the reader why they sign nothing here."""
    if bars:
        return [bar.sentence for bar in bars]
    if not chairs:
        return ["The policy asks for no signature."]
    roles = " or ".join(dict.fromkeys(chair.need.label.lower() for chair in chairs))
    unit = case.version.model.unit.name
    return [f"Signing here takes the role {roles} in {unit}, which you do not hold."]
