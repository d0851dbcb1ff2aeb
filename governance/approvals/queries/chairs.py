"""The places to sign as one reader sees them: may they take one, in whose name, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from governance.accounts.models import Delegation, Unit, User
from governance.accounts.permissions import Permission
from governance.accounts.queries import units_with
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import Case, case_of
from governance.approvals.queries.policies import policies_in_force
from governance.approvals.queries.reading import LIVE, ReadAhead, Reading
from governance.approvals.rules.duties import Bar, bars
from governance.approvals.rules.judgement import NeedState, Signature
from governance.approvals.rules.policies import Need


@dataclass(frozen=True, kw_only=True)
class Chair:
    """One place to sign, as one reader sees it.

    `role` is the one in which the reader would sign, `in_name_of` whose deputy they would be.
    `is_turn` is false while others sign first.
    """

    need: Need
    given: tuple[SignOff, ...]
    missing: int
    candidates: tuple[User, ...]
    bars: tuple[Bar, ...]
    holds_role: bool
    role: Role
    in_name_of: User | None = None
    is_turn: bool = True

    @property
    def open_to_reader(self) -> bool:
        return self.missing > 0 and self.holds_role and self.is_turn and not self.bars


@dataclass(frozen=True, kw_only=True)
class _Capacity:
    """A role in which somebody could sign: their own, or another's whose deputy they are."""

    role: Role
    in_name_of: User | None
    bars: tuple[Bar, ...]


def chairs(case: Case, *, reader: User, at: datetime, reading: Reading = LIVE) -> list[Chair]:
    """Return the places to sign as this reader sees them."""
    unit = case.version.model.unit
    held = reading.roles(reader, unit=unit, at=at)
    lent = reading.delegations(unit=unit, at=at)
    rows = {row.ref: row for row in reading.sign_offs(case.request)} if case.request else {}
    found = []
    for state in case.judgement.needs:
        options = sorted(_capacities(case, state, reader, held, lent), key=_rank)
        taken = options[0] if options else None
        first = taken.role if taken else state.need.roles[0]
        found.append(
            Chair(
                need=state.need,
                given=tuple(rows[signature.ref] for signature in state.given),
                missing=state.missing,
                candidates=tuple(candidates(case, state, lent, reading, unit=unit, at=at)),
                bars=taken.bars if taken else _own_bars(case, reader, first),
                holds_role=taken is not None,
                role=first,
                in_name_of=taken.in_name_of if taken else None,
                is_turn=is_turn(case, state),
            )
        )
    return found


def is_turn(case: Case, state: NeedState) -> bool:
    """Tell whether nobody has to sign before those of this need do."""
    return state.missing <= 0 or state.need.step <= case.judgement.step


def _own_bars(case: Case, reader: User, role: Role) -> tuple[Bar, ...]:
    """What would bar a reader who does not hold the role either."""
    return tuple(reader_bars(case, reader=reader, role=role))


def _rank(capacity: _Capacity) -> tuple[bool, bool]:
    """One that nothing bars first, then the reader's own before another's."""
    return bool(capacity.bars), capacity.in_name_of is not None


def _capacities(
    case: Case, state: NeedState, reader: User, held: set[Role], lent: Sequence[Delegation]
) -> Iterator[_Capacity]:
    for role in state.open_roles or state.need.roles:
        if role in held:
            barred = reader_bars(case, reader=reader, role=role)
            yield _Capacity(role=role, in_name_of=None, bars=tuple(barred))
        for delegation in lent:
            if delegation.role == role and delegation.deputy_id == reader.pk:
                who = delegation.delegator
                barred = reader_bars(case, reader=reader, role=role, in_name_of=who)
                yield _Capacity(role=role, in_name_of=who, bars=tuple(barred))


def candidates(
    case: Case,
    state: NeedState,
    lent: Sequence[Delegation],
    reading: Reading,
    *,
    unit: Unit,
    at: datetime,
) -> list[User]:
    """Who could still sign, by name: holders of the role and their deputies, whom nothing bars."""
    found: dict[str, User] = {}
    for role in state.open_roles:
        for person in reading.holders(role, unit=unit, at=at):
            if not reader_bars(case, reader=person, role=role):
                found[person.ref] = person
        for one in lent:
            if one.role == role and not reader_bars(
                case, reader=one.deputy, role=role, in_name_of=one.delegator
            ):
                found[one.deputy.ref] = one.deputy
    return sorted(found.values(), key=lambda user: user.name)


def reader_bars(
    case: Case, *, reader: User, role: Role, in_name_of: User | None = None
) -> list[Bar]:
    """Return why this reader may not sign in this role; signing the same facts twice included.

    A deputy is barred by what bars either of the two: nobody escapes a duty by lending their role.
    """
    judged = case.judgement
    given = {
        ("nobody_signs_twice", person): (one.ref,)
        for one in (*judged.expired, *judged.void, *judged.signatures)
        for person in one.people
    }
    duties = replace(
        case.duties,
        signed_by=_people(judged.signatures),
        spent_by=_people((*judged.expired, *judged.void)),
        records={**case.duties.records, **given},
    )
    need = case.policy.need_for(role)
    independent_of = need.independent_of if need else frozenset()
    found = bars(reader.ref, duties, role=role, independent_of=independent_of)
    if in_name_of is None:
        return found
    theirs = bars(in_name_of.ref, duties, role=role, independent_of=independent_of)
    known = {bar.rule for bar in found}
    said = f"You would sign for {in_name_of.name}, to whom this applies: "
    return found + [
        replace(bar, sentence=said + bar.sentence) for bar in theirs if bar.rule not in known
    ]


def _people(signatures: Sequence[Signature]) -> frozenset[str]:
    return frozenset(person for one in signatures for person in one.people)


def waiting_for(user: User, *, at: datetime) -> list[tuple[Case, Chair]]:
    """Return the open requests on which this person's signature is what is next, oldest first.

    A request whose checks fail waits for its builders, not for a signer.
    """
    units = units_with(user, Permission.PROMOTION_SIGN, at=at)
    lent = {delegation.unit_id for delegation in user.delegations_held.at(at)}
    requests = list(
        PromotionRequest.objects.visible_to(user, at=at)
        .open()
        .filter(Q(version__model__unit__in=units) | Q(version__model__unit__in=lent))
        .with_version()
        .order_by("opened_at")
    )
    policies, ahead = policies_in_force(), ReadAhead(requests, reader=user, at=at)
    found = []
    for request in requests:
        case = case_of(request, at=at, policies=policies, reading=ahead)
        if case.judgement.unmet_checks:
            continue
        places = chairs(case, reader=user, at=at, reading=ahead)
        chair = next((place for place in places if place.open_to_reader), None)
        if chair is not None:
            found.append((case, chair))
    return found
