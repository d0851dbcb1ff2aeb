"""Waivers: asked for by one, approved by another who is far enough away, for a time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import override_settings

from governance.accounts.models import User
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.queries import SystemActor
from governance.accounts.rules import NotAPerson, PermissionMissing, ProofMissing, Role
from governance.core.errors import InvalidInput
from governance.inventory.actions.waivers import approve_waiver, end_waiver, refuse_waiver
from governance.inventory.models import Model, Waiver, WaiverDecision
from governance.inventory.queries.waivers import (
    is_expiring,
    state_of,
    waiver_by_id,
    waivers_in_force,
)
from governance.inventory.rules import ModelNotFound
from governance.inventory.rules.reviews import TooClose
from governance.inventory.rules.waivers import (
    NotYourWaiver,
    WaiverDecided,
    WaiverKind,
    WaiverNotFound,
    WaiverOver,
    WaiverState,
)
from tests import factories as f
from tests.factories import NOON, Cast
from tests.reviewing import also
from tests.upkeep import EXPIRES, STARTS, approved, head_of, waiver
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.backend

TODAY = NOON.date()


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def head(cast: Cast) -> User:
    return head_of(cast)


def standing(row: Waiver, *, today: date = TODAY) -> WaiverState:
    return state_of(Waiver.objects.with_all().get(pk=row.pk), today=today)


def refuse(row: Waiver, who: User, *, comment: str = "Mend it instead.") -> WaiverDecision:
    return refuse_waiver(
        waiver_id=row.pk, comment=comment, proof=f.make_proof(who), actor=who, at=NOON
    )


def end(row: Waiver, who: User, *, reason: str = "It is mended.") -> None:
    end_waiver(waiver_id=row.pk, reason=reason, actor=who, at=NOON)


def test_asking_approving_and_running_out(cast: Cast, model: Model, head: User) -> None:
    row = waiver(model, cast.owner)
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("waiver.requested", row.ref)
    assert set(entry.states) == {row.ref, row.waived.ref, row.reason.ref, row.control.ref}
    assert "by hand" not in entry.text
    assert standing(row) == WaiverState.REQUESTED
    decision = approved(row, head)
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.actor) == ("waiver.approved", head.ref)
    assert decision.ref in entry.states
    assert standing(row) == standing(row, today=EXPIRES) == WaiverState.IN_FORCE
    assert standing(row, today=EXPIRES + timedelta(days=1)) == WaiverState.EXPIRED


def test_what_has_run_out_holds_no_more_though_nobody_noticed(
    cast: Cast, model: Model, head: User
) -> None:
    approved(waiver(model, cast.owner), head)
    kind = WaiverKind.BEFORE_VALIDATION
    assert waivers_in_force(model, kind, today=EXPIRES).exists()
    assert not waivers_in_force(model, kind, today=EXPIRES + timedelta(days=1)).exists()
    assert not waivers_in_force(model, WaiverKind.OTHER, today=EXPIRES).exists()


def test_what_begins_later_does_not_hold_yet(cast: Cast, model: Model, head: User) -> None:
    starts = STARTS + timedelta(days=10)
    row = waiver(model, cast.owner, starts_date=starts)
    approved(row, head)
    assert standing(row) == WaiverState.TO_COME
    assert standing(row, today=starts) == WaiverState.IN_FORCE


@pytest.mark.parametrize(
    "today", [STARTS, EXPIRES - timedelta(days=30), EXPIRES, EXPIRES + timedelta(days=1)]
)
def test_the_querysets_and_the_states_say_the_same(
    cast: Cast, model: Model, head: User, today: date
) -> None:
    waiver(model, cast.owner)
    approved(waiver(model, cast.owner), head)
    approved(waiver(model, cast.owner, starts_date=date(2026, 6, 1)), head)
    refuse(waiver(model, cast.owner), head)
    for row in (waiver(model, cast.owner), waiver(model, cast.owner)):
        end(row, cast.owner)
    all_ = list(Waiver.objects.with_all())
    for state, found in (
        (WaiverState.REQUESTED, Waiver.objects.requested(today)),
        (WaiverState.IN_FORCE, Waiver.objects.in_force(today)),
        (WaiverState.EXPIRED, Waiver.objects.expired(today)),
    ):
        assert set(found) == {row for row in all_ if state_of(row, today=today) == state}
    expiring = {row for row in all_ if is_expiring(row, today=today)}
    assert set(Waiver.objects.expiring(today)) == expiring


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"kind": "EVERYTHING"}, ("kind", "choice")),
        ({"waived": " "}, ("waived", "required")),
        ({"reason": ""}, ("reason", "required")),
        ({"control": "\n"}, ("control", "required")),
        ({"starts_date": STARTS - timedelta(days=1)}, ("starts_date", "range")),
        ({"expires_date": STARTS - timedelta(days=1)}, ("expires_date", "range")),
        ({"expires_date": STARTS + timedelta(days=366)}, ("expires_date", "range")),
    ],
)
def test_names_field_and_rule(
    cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    with refused(InvalidInput) as caught:
        waiver(model, cast.owner, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [problem]


@override_settings(WAIVER_MAX_DAYS=10)
def test_how_long_one_may_last_is_the_firms_choice(cast: Cast, model: Model) -> None:
    waiver(model, cast.owner, expires_date=STARTS + timedelta(days=10))
    with refused(InvalidInput):
        waiver(model, cast.owner, expires_date=STARTS + timedelta(days=11))


@pytest.mark.parametrize("role", Role)
def test_each_role_asks_and_decides_as_the_matrix_says(
    cast: Cast, model: Model, role: Role
) -> None:
    person, row = f.make_person("Rhea Role", role, unit=cast.root), waiver(model, cast.owner)
    if role in roles_with(Permission.WAIVER_REQUEST):
        assert waiver(model, person).requested_by == person
    else:
        with refused(PermissionMissing):
            waiver(model, person)
    if role in roles_with(Permission.WAIVER_DECIDE):
        assert approved(row, person).decided_by == person
        return
    with refused(PermissionMissing):
        approved(row, person)
    with refused(PermissionMissing):
        refuse(row, person)


def test_who_asked_does_not_decide(cast: Cast, model: Model) -> None:
    person = also(cast.approver, Role.VALIDATOR, cast.unit)
    row = waiver(model, person)
    with refused(TooClose):
        approved(row, person)
    with refused(TooClose):
        refuse(row, person)


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_who_owns_or_builds_does_not_decide(cast: Cast, model: Model, who: str) -> None:
    row = waiver(model, cast.validator)
    person = also(getattr(cast, who), Role.HEAD_OF_MODEL_RISK, cast.root)
    with refused(TooClose):
        approved(row, person)


def test_a_superuser_is_nobody_special(cast: Cast, model: Model) -> None:
    cast.administrator.is_superuser = True
    cast.administrator.save(update_fields=["is_superuser"])
    row = waiver(model, cast.owner)
    with refused(PermissionMissing):
        approved(row, cast.administrator)


def test_no_machine_asks(model: Model) -> None:
    clock = SystemActor(name="clock", held=frozenset({Permission.WAIVER_REQUEST}))
    with refused(NotAPerson):
        waiver(model, clock)  # type: ignore[arg-type]


def test_of_a_model_that_was_removed_nothing_is_waived(cast: Cast, model: Model) -> None:
    Model.objects.update(removed_at=NOON)
    with refused(ModelNotFound):
        waiver(model, cast.owner)


def test_one_decides_and_once(cast: Cast, model: Model, head: User) -> None:
    row = waiver(model, cast.owner)
    refuse(row, head)
    entry = newest_entry(model.stream)
    assert (entry.verb, standing(row)) == ("waiver.refused", WaiverState.REFUSED)
    with refused(WaiverDecided):
        approved(row, cast.approver)
    copy = WaiverDecision.objects.get()
    copy.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save(force_insert=True)


def test_a_refusal_says_why(cast: Cast, model: Model, head: User) -> None:
    row = waiver(model, cast.owner)
    with refused(InvalidInput):
        refuse(row, head, comment=" ")


def test_a_proof_of_ones_own_is_needed(cast: Cast, model: Model, head: User) -> None:
    row, proof = waiver(model, cast.owner), f.make_proof(cast.owner)
    for act in (approve_waiver, refuse_waiver):
        with refused(ProofMissing):
            act(waiver_id=row.pk, comment="No.", proof=proof, actor=head, at=NOON)


def test_what_is_over_is_not_decided(cast: Cast, model: Model, head: User) -> None:
    row = waiver(model, cast.owner)
    with refused(WaiverOver):
        approved(row, head, at=f.later(days=200))
    end(row, cast.owner)
    assert standing(row) == WaiverState.WITHDRAWN
    with refused(WaiverOver):
        approved(row, head)


@pytest.mark.parametrize("who", ["owner", "validator", "approver", "compliance"])
def test_who_it_concerns_ends_it_early(cast: Cast, model: Model, head: User, who: str) -> None:
    row = waiver(model, cast.validator)
    approved(row, head)
    end(row, getattr(cast, who))
    assert standing(row) == WaiverState.ENDED
    assert newest_entry(model.stream).verb == "waiver.ended"
    with refused(WaiverOver):
        end(row, getattr(cast, who))


@pytest.mark.parametrize("who", ["developer", "administrator", "outsider"])
def test_others_end_nothing(cast: Cast, model: Model, head: User, who: str) -> None:
    row = waiver(model, cast.owner)
    approved(row, head)
    with refused(NotYourWaiver):
        end(row, getattr(cast, who))


def test_who_decides_refuses_a_request_and_does_not_withdraw_it(
    cast: Cast, model: Model, head: User
) -> None:
    row = waiver(model, cast.owner)
    with refused(NotYourWaiver):
        end(row, head)


def test_an_end_has_a_reason(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.owner)
    with refused(InvalidInput):
        end(row, cast.owner, reason="")


def test_who_does_not_see_the_model_sees_no_waiver(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.owner)
    assert waiver_by_id(row.pk, actor=cast.auditor, at=NOON) == row
    with refused(WaiverNotFound):
        waiver_by_id(row.pk, actor=cast.outsider, at=NOON)


@pytest.mark.parametrize("table", ["waiver", "waiverdecision", "waiverend"])
@pytest.mark.parametrize("change", ["UPDATE inventory_{} SET id = id", "DELETE FROM inventory_{}"])
def test_the_database_keeps_it(
    cast: Cast, model: Model, head: User, table: str, change: str
) -> None:
    row = waiver(model, cast.owner)
    approved(row, head)
    end(row, cast.owner)
    with (
        nothing_moves(),
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(change.format(table))
