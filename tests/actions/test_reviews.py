"""Periodic reviews: by somebody independent, of the record they read, and never further off than
the interval of the tier.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from pytest_django import DjangoAssertNumQueries

from governance.accounts.models import User
from governance.accounts.permissions import Permission, roles_with
from governance.accounts.queries import SystemActor
from governance.accounts.rules import NotAPerson, PermissionMissing, Role
from governance.core.errors import InvalidInput
from governance.inventory.actions import create_model, edit_model
from governance.inventory.models import Model, Review
from governance.inventory.queries import record_digest
from governance.inventory.queries.reviews import review_standings
from governance.inventory.rules import ModelNotFound, RecordChanged
from governance.inventory.rules.reviews import TooClose
from tests import factories as f
from tests.factories import NOON, Cast
from tests.reviewing import also
from tests.upkeep import approved, head_of, review, waiver
from tests.world import newest_entry, refused

pytestmark = pytest.mark.backend

TODAY = NOON.date()


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast, tier=1)


def due(model: Model, *, today: date = TODAY) -> date:
    return review_standings([model], today=today)[0].due_date


def overdue(today: date) -> list[str]:
    return sorted(model.name for model in Model.objects.overdue_reviews(today))


def set_tier(model: Model, tier: int, *, at: datetime = NOON) -> None:
    owner = model.owner
    assert owner is not None
    record = f.edited_record(model, tier=tier, tier_reason="Its use has grown.")
    edit_model(model=model, record=record, actor=owner, at=at)
    model.refresh_from_db()


def test_a_review_is_kept_with_what_was_read_and_when_the_next_is_due(
    cast: Cast, model: Model
) -> None:
    row = review(model, cast.validator, words=" Read it all.\r\n")
    assert (row.next_review_date, row.tier) == (date(2027, 3, 2), 1)
    assert row.record_digest == record_digest(model)
    assert row.words.text == " Read it all."
    entry = newest_entry(model.stream)
    assert (entry.verb, entry.subject) == ("review.recorded", row.ref)
    assert set(entry.states) == {row.ref, row.words.ref}
    assert "Read it all" not in entry.text
    assert entry.facts["next_review_date"] == "2027-03-02"


def test_an_earlier_date_may_be_set(cast: Cast, model: Model) -> None:
    row = review(model, cast.validator, outcome="CHANGE_NEEDED", next_date=date(2026, 9, 1))
    assert due(model) == row.next_review_date == date(2026, 9, 1)


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"outcome": "FINE"}, ("outcome", "choice")),
        ({"words": " \n"}, ("words", "required")),
        ({"words": "x" * 10_001}, ("words", "length")),
        ({"next_date": NOON.date()}, ("next_review_date", "range")),
        ({"next_date": date(2027, 3, 3)}, ("next_review_date", "range")),
    ],
)
def test_names_field_and_rule(
    cast: Cast, model: Model, changed: dict[str, Any], problem: tuple[str, str]
) -> None:
    with refused(InvalidInput) as caught:
        review(model, cast.validator, **changed)
    assert isinstance(caught.value, InvalidInput)
    assert [(one.field, one.rule) for one in caught.value.problems] == [problem]


@pytest.mark.parametrize("role", Role)
def test_only_who_holds_the_permission_reviews(cast: Cast, model: Model, role: Role) -> None:
    person = f.make_person("Rhea Role", role, unit=cast.root)
    if role in roles_with(Permission.REVIEW_RECORD):
        assert review(model, person).reviewer == person
        return
    with refused(PermissionMissing):
        review(model, person)


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_who_owns_or_builds_does_not_review_whatever_their_role(
    cast: Cast, model: Model, who: str
) -> None:
    person: User = also(getattr(cast, who), Role.VALIDATOR, cast.unit)
    with refused(TooClose) as caught:
        review(model, person)
    assert who in caught.value.message


def test_who_once_built_it_does_not_review_either(cast: Cast, model: Model) -> None:
    edit_model(model=model, record=f.edited_record(model, developers=[]), actor=cast.owner, at=NOON)
    model.refresh_from_db()
    person = also(cast.developer, Role.VALIDATOR, cast.unit)
    with refused(TooClose):
        review(model, person)


def test_a_superuser_is_nobody_special(cast: Cast, model: Model) -> None:
    cast.administrator.is_superuser = True
    cast.administrator.save(update_fields=["is_superuser"])
    with refused(PermissionMissing):
        review(model, cast.administrator)


def test_no_machine_reviews(model: Model) -> None:
    clock = SystemActor(name="clock", held=frozenset({Permission.REVIEW_RECORD}))
    with refused(NotAPerson):
        review(model, clock)  # type: ignore[arg-type]


def test_of_a_record_that_has_changed_since_nothing_is_recorded(cast: Cast, model: Model) -> None:
    seen = record_digest(model)
    record = f.edited_record(model, purpose="Another one.")
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    model.refresh_from_db()
    with refused(RecordChanged):
        review(model, cast.validator, digest_seen=seen)


def test_a_model_that_was_removed_is_not_reviewed(cast: Cast, model: Model) -> None:
    Model.objects.update(removed_at=NOON)
    with refused(ModelNotFound):
        review(model, cast.validator)
    assert overdue(date(2040, 1, 1)) == []


@pytest.mark.parametrize(("tier", "day"), [(1, (2027, 3)), (2, (2028, 3)), (3, (2029, 3))])
def test_without_a_review_the_interval_runs_from_the_entry(
    cast: Cast, tier: int, day: tuple[int, int]
) -> None:
    model = f.make_model(cast, name="new-model", tier=tier)
    last = date(*day, 2)
    assert due(model) == last
    assert overdue(last) == []
    assert overdue(last + timedelta(days=1)) == ["new-model"]


def test_a_review_moves_the_date_on(cast: Cast, model: Model) -> None:
    review(model, cast.validator, at=f.later(days=30))
    assert overdue(date(2027, 3, 3)) == []
    assert overdue(date(2027, 4, 2)) == ["churn-model"]


def test_the_newest_review_counts_even_if_it_states_an_earlier_date(
    cast: Cast, model: Model
) -> None:
    review(model, cast.validator)
    review(model, cast.validator, at=f.later(days=1), next_date=date(2026, 5, 1))
    assert due(model) == date(2026, 5, 1)
    assert overdue(date(2026, 5, 1)) == []
    assert overdue(date(2026, 5, 2)) == ["churn-model"]


def test_a_raised_tier_brings_the_review_forward(cast: Cast) -> None:
    model = f.make_model(cast, name="grown", tier=3)
    assert review(model, cast.validator).next_review_date == date(2029, 3, 2)
    set_tier(model, 1)
    assert due(model) == date(2027, 3, 2)
    assert overdue(date(2027, 3, 3)) == ["grown"]


@override_settings(REVIEW_MONTHS={1: 3, 2: 6})
def test_the_intervals_are_the_firms(cast: Cast) -> None:
    for name, tier in (("one", 1), ("two", 2), ("three", 3)):
        f.make_model(cast, name=name, tier=tier)
    assert overdue(date(2026, 6, 2)) == []
    assert overdue(date(2026, 6, 3)) == ["one", "three"]  # none is named for tier 3
    assert overdue(date(2026, 9, 3)) == ["one", "three", "two"]


def test_a_waiver_of_the_review_holds_through_its_last_day(cast: Cast, model: Model) -> None:
    day = date(2027, 3, 3)
    row = waiver(
        model, cast.owner, kind="OVERDUE_REVIEW", starts_date=date(2027, 1, 1),
        expires_date=date(2027, 3, 31),
    )  # fmt: skip
    assert overdue(day) == ["churn-model"]
    approved(row, head_of(cast))
    (standing,) = review_standings([model], today=day)
    assert (standing.waived_until, standing.is_overdue(day)) == (date(2027, 3, 31), False)
    assert overdue(day) == overdue(date(2027, 3, 31)) == []
    assert overdue(date(2027, 4, 1)) == ["churn-model"]


def test_a_waiver_of_something_else_waives_no_review(cast: Cast, model: Model) -> None:
    expires = date(2027, 1, 31)
    approved(waiver(model, cast.owner, kind="OTHER", expires_date=expires), head_of(cast))
    model.created_at = NOON - timedelta(days=800)
    model.save(update_fields=["created_at"])
    assert overdue(NOON.date()) == ["churn-model"]


@pytest.mark.parametrize("offset", range(-2, 3))
def test_the_condition_and_the_date_say_the_same(cast: Cast, offset: int) -> None:
    """Of every tier, reviewed or not, with dates around each due date."""
    for name, tier in (("a", 1), ("b", 2), ("c", 3)):
        plain = f.make_model(cast, name=f"{name}-plain", tier=tier)
        Model.objects.filter(pk=plain.pk).update(
            created_at=datetime(2024, 2, 29, 23, 59, tzinfo=NOON.tzinfo)
        )
        review(f.make_model(cast, name=f"{name}-seen", tier=tier), cast.validator)
        early = f.make_model(cast, name=f"{name}-early", tier=tier)
        review(early, cast.validator, next_date=date(2026, 12, 31))
    create_model(name="no-tier", unit=cast.unit, actor=cast.owner, at=NOON)
    models = list(Model.objects.order_by("name"))
    dates = {one.due_date for one in review_standings(models, today=NOON.date())}
    for today in (one + timedelta(days=offset) for one in dates):
        standings = review_standings(models, today=today)
        assert overdue(today) == [s.model.name for s in standings if s.is_overdue(today)]


def test_many_models_take_as_many_queries_as_one(
    cast: Cast, model: Model, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    review(model, cast.validator)
    for index in range(4):
        review(f.make_model(cast, name=f"other-{index}"), cast.validator)
    models = list(Model.objects.all())
    with django_assert_num_queries(2):
        assert len(review_standings(models, today=NOON.date())) == 5
    with django_assert_num_queries(1):
        assert overdue(NOON.date()) == []
    assert Review.objects.count() == 5
