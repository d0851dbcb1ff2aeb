"""Who could sign for a change of stage: who held which role, and what kept whom from signing.

Now, or at a past moment: the same rules of duties judge the people and the hands of that moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import Delegation, RoleGrant, User
from governance.accounts.queries import delegations_in, grants_reaching
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import Case, build_case, case_of
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.past import requests_at
from governance.approvals.queries.policies import policies_in_force, subject_of
from governance.approvals.queries.reading import LIVE, Reading
from governance.approvals.queries.reading_then import (
    ReadThen,
    RecordNotKept,
    case_then,
    version_then,
)
from governance.approvals.rules.duties import Bar
from governance.approvals.rules.emergencies import NoEmergency
from governance.approvals.rules.judgement import NeedState, RequestState
from governance.approvals.rules.policies import NoPolicy, policy_for
from governance.inventory.models import Model
from governance.registry.models import ModelVersion
from governance.registry.queries import default_slot
from governance.registry.rules import Move, Stage

NOTHING_REGISTERED = "No version was registered, so there was nothing to approve."


@dataclass(frozen=True, kw_only=True)
class Seat:
    """A role in which somebody could sign: their own, or another's whose deputy they are.

    `rests_on` are the grants, or the delegation, that gave it; `bars` what keeps them from it.
    """

    person: User
    role: Role
    in_name_of: User | None
    rests_on: tuple[str, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, kw_only=True)
class Place:
    """What the policy asks for in one sign-off, and everybody who held a role of it."""

    state: NeedState
    seats: Sequence[Seat]

    @property
    def open_seats(self) -> list[Seat]:
        """Those in which a signature was still missing, and that nothing barred."""
        return [one for one in self.seats if one.role in self.state.open_roles and not one.bars]


@dataclass(frozen=True, kw_only=True)
class Approvers:
    """Who could have signed at a moment for one request, or for a version's way into Production.

    `grants` and `lent` are every role that reached the model's unit then. Without `case` nobody
    could sign, and `why_none` says why. Of a request that was closed or overtaken, `places` say
    who could have signed had it been open.
    """

    model: Model
    version: ModelVersion | None
    request: PromotionRequest | None
    standing: RequestState | None
    case: Case | None
    why_none: str
    places: Sequence[Place]
    grants: Sequence[RoleGrant]
    lent: Sequence[Delegation]

    @property
    def is_open(self) -> bool:
        """Whether a signature could be given: no request has been closed or overtaken."""
        return self.case is not None and self.standing in {None, RequestState.OPEN}

    @property
    def could_sign(self) -> list[Seat]:
        """Whose signature was missing and could be given; whoever's turn it was."""
        return [one for place in self.places for one in place.open_seats] if self.is_open else []


def approvers_now(
    model: Model, *, version: ModelVersion | None, request: PromotionRequest | None, at: datetime
) -> Approvers:
    """Return who can sign for the request, or could for the version on its way into Production."""
    grants = [one for role in Role for one in grants_reaching(role, unit=model.unit, at=at)]
    lent = delegations_in(model.unit, at=at)
    case: Case | None = None
    why_none = "" if version or request else NOTHING_REGISTERED
    try:
        if request:
            case = case_of(request, at=at)
        elif version:
            case = _case_ahead(version, at=at, by=None, reading=LIVE)
    except (NoPolicy, NoEmergency) as error:
        why_none = str(error)
    return Approvers(
        model=model,
        version=request.version if request else version,
        request=request,
        standing=request.standing if request else None,
        case=case,
        why_none=why_none,
        places=list(_places(case, LIVE, at=at)) if case else (),
        grants=grants,
        lent=lent,
    )


def approvers_then(
    model: Model,
    *,
    version: ModelVersion | None,
    request: PromotionRequest | None,
    moment: datetime,
) -> Approvers:
    """Return the same of a past moment; the request had been opened by then."""
    reading = ReadThen(moment, unit=model.unit)
    case: Case | None = None
    why_none = "" if version or request else NOTHING_REGISTERED
    try:
        if request:
            case = case_then(request, moment)
        elif version:
            then = version_then(version, moment)
            case = _case_ahead(then, at=moment, by=moment, reading=reading)
    except (NoPolicy, NoEmergency, RecordNotKept) as error:
        why_none = str(error)
    standing = requests_at([request], moment)[0].standing if request else None
    return Approvers(
        model=model,
        version=request.version if request else version,
        request=request,
        standing=standing,
        case=case,
        why_none=why_none,
        places=list(_places(case, reading, at=moment)) if case else (),
        grants=reading.seats.grants,
        lent=reading.seats.lent,
    )


def _case_ahead(
    version: ModelVersion, *, at: datetime, by: datetime | None, reading: Reading
) -> Case | None:
    """What is judged if the version, from Staging, is asked into Production. Raises NoPolicy."""
    slot = default_slot(version.model)
    if slot is None:
        return None
    source, target = Stage.STAGING, Stage.PRODUCTION
    subject = subject_of(version.model, slot=slot.name, source=source, target=target, at=at)
    return build_case(
        version,
        slot=slot,
        move=Move.PROMOTED,
        target=target,
        policy=policy_for(policies_in_force(by=by), subject),
        request=None,
        requested_by="",
        at=at,
        reading=reading,
    )


def _places(case: Case, reading: Reading, *, at: datetime) -> Iterator[Place]:
    unit = case.version.model.unit
    lent = reading.delegations(unit=unit, at=at)
    for state in case.judgement.needs:
        seats = [
            seat
            for role in state.need.roles
            for seat in (
                *_own(case, role, reading.grants(role, unit=unit, at=at)),
                *_lent(case, role, lent),
            )
        ]
        yield Place(state=state, seats=seats)


def _own(case: Case, role: Role, grants: Sequence[RoleGrant]) -> Iterator[Seat]:
    people = {one.user_id: one.user for one in grants}
    for key, person in sorted(people.items(), key=lambda pair: (pair[1].name, pair[0])):
        yield Seat(
            person=person,
            role=role,
            in_name_of=None,
            rests_on=tuple(sorted(one.ref for one in grants if one.user_id == key)),
            bars=tuple(reader_bars(case, reader=person, role=role)),
        )


def _lent(case: Case, role: Role, lent: Sequence[Delegation]) -> Iterator[Seat]:
    for one in lent:
        if one.role == role:
            who = one.delegator
            yield Seat(
                person=one.deputy,
                role=role,
                in_name_of=who,
                rests_on=(one.ref,),
                bars=tuple(reader_bars(case, reader=one.deputy, role=role, in_name_of=who)),
            )
