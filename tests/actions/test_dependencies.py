"""Which model feeds which: no ring, whoever looks; each act with its entry, each end kept."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, Role
from governance.audit.actions import write_prose
from governance.core.errors import DomainError, InvalidInput
from governance.inventory.actions import ModelRecord, add_feeder, create_model, end_feeder
from governance.inventory.models import Dependency, Model
from governance.inventory.queries import (
    consumers_directly,
    consumers_of,
    feeders_directly,
    feeders_of,
)
from governance.inventory.rules import DependencyEnded, ModelNotFound, NotTheOwner
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, nothing_moves, refused

SINCE = date(2026, 1, 5)


def feed(cast: Cast, feeder: Model, consumer: Model, **changed: Any) -> Dependency:
    said = {"flows": "Its score.", "since_date": SINCE, "actor": cast.owner, "at": NOON}
    return add_feeder(consumer=consumer, feeder=feeder, **(said | changed))


def chain(cast: Cast, *names: str) -> list[Model]:
    """Models that feed one another in this order."""
    models = [f.make_model(cast, name=name) for name in names]
    for feeder, consumer in pairwise(models):
        feed(cast, feeder, consumer)
    return models


def problem(error: DomainError) -> tuple[str, str]:
    assert isinstance(error, InvalidInput)
    return error.problems[0].field, error.problems[0].rule


def test_one_entry_on_the_stream_of_the_model_that_is_fed(cast: Cast) -> None:
    feeder, consumer = chain(cast, "bureau-score", "limit-model")
    row = Dependency.objects.get()
    assert (str(row.flows), row.since_date, row.added_by) == ("Its score.", SINCE, cast.owner.ref)
    entry = newest_entry(consumer.stream)
    assert entry.verb == "dependency.added"
    assert entry.facts == {"feeder": feeder.ref, "consumer": consumer.ref}
    assert set(entry.states) == {row.ref, row.flows.ref}


def test_an_end_is_kept_and_comes_once(cast: Cast) -> None:
    feeder, consumer = chain(cast, "bureau-score", "limit-model")
    row = end_feeder(dependency=Dependency.objects.get(), actor=cast.owner, at=later(hours=1))
    assert (row.ended_by, row.ended_at) == (cast.owner.ref, later(hours=1))
    assert newest_entry(consumer.stream).verb == "dependency.ended"
    with refused(DependencyEnded):
        end_feeder(dependency=row, actor=cast.owner, at=later(hours=2))
    # What flowed before may flow again, also the other way round.
    feed(cast, consumer, feeder)
    assert Dependency.objects.count() == 2


class TestRings:
    @pytest.mark.parametrize("length", [2, 3, 5])
    def test_a_ring_is_refused_and_its_way_named(self, cast: Cast, length: int) -> None:
        models = chain(cast, *(f"model-{n}" for n in range(length)))
        with refused(InvalidInput) as caught:
            feed(cast, models[-1], models[0])
        assert problem(caught.value) == ("feeder", "cycle")
        assert " → ".join(model.name for model in models) in caught.value.message

    def test_nothing_feeds_itself(self, cast: Cast) -> None:
        model = f.make_model(cast)
        with refused(InvalidInput) as caught:
            feed(cast, model, model)
        assert problem(caught.value) == ("feeder", "itself")

    def test_what_ended_closes_no_ring(self, cast: Cast) -> None:
        first, second, third = chain(cast, "a", "b", "c")
        end_feeder(dependency=second.fed_by.get(), actor=cast.owner, at=NOON)
        feed(cast, third, first)

    def test_the_way_names_no_model_that_the_actor_may_not_see(self, cast: Cast) -> None:
        first, last = through_another_unit(cast)
        with refused(InvalidInput) as caught:
            feed(cast, last, first)
        assert "a → a model that you may not see → c" in caught.value.message


def through_another_unit(cast: Cast) -> tuple[Model, Model]:
    """Two models of the cast, and between them one that only its own unit and the firm see."""
    unit = f.create_unit(path="bank/far", name="Far away", actor=CONSOLE, at=NOON)
    stranger = f.make_person("Fara Way", Role.MODEL_OWNER, unit=unit)
    record = ModelRecord(purpose="Hidden.", owner=stranger)
    hidden = create_model(name="hidden", unit=unit, record=record, actor=stranger, at=NOON)
    first, last = f.make_model(cast, name="a"), f.make_model(cast, name="c")
    feed(cast, first, hidden, actor=stranger)
    feed(cast, hidden, last)
    return first, last


class TestRefusals:
    @pytest.mark.parametrize(
        ("changed", "expected"),
        [
            ({"flows": " "}, ("flows", "required")),
            ({"since_date": date(2026, 3, 3)}, ("since_date", "not_future")),
        ],
    )
    def test_what_is_said_of_it(
        self, cast: Cast, changed: dict[str, Any], expected: tuple[str, str]
    ) -> None:
        feeder, consumer = f.make_model(cast, name="a"), f.make_model(cast, name="b")
        with refused(InvalidInput) as caught:
            feed(cast, feeder, consumer, **changed)
        assert problem(caught.value) == expected

    def test_one_at_a_time_between_two_models(self, cast: Cast) -> None:
        feeder, consumer = chain(cast, "a", "b")
        with refused(InvalidInput) as caught:
            feed(cast, feeder, consumer)
        assert problem(caught.value) == ("feeder", "unique")

    def test_a_model_that_was_removed_feeds_nothing(self, cast: Cast) -> None:
        feeder, consumer = f.make_model(cast, name="a"), f.make_model(cast, name="b")
        Model.objects.filter(pk=feeder.pk).update(removed_at=NOON)
        with refused(ModelNotFound):
            feed(cast, feeder, consumer)

    @pytest.mark.parametrize("who", ["developer", "validator", "approver", "administrator"])
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        consumer = chain(cast, "a", "b")[1]
        other = f.make_model(cast, name="c")
        with refused(PermissionMissing):
            feed(cast, other, consumer, actor=getattr(cast, who))
        with refused(PermissionMissing):
            end_feeder(dependency=Dependency.objects.get(), actor=getattr(cast, who), at=NOON)

    def test_another_owner_may_not(self, cast: Cast) -> None:
        consumer = chain(cast, "a", "b")[1]
        other = f.make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit)
        third = f.make_model(cast, name="c")
        with refused(NotTheOwner):
            feed(cast, third, consumer, actor=other)


class TestReaching:
    def test_everything_behind_it_by_the_nearest_way(self, cast: Cast) -> None:
        models = chain(cast, "a", "b", "c", "d")
        feed(cast, models[0], models[2])
        below = consumers_of(models[0], actor=cast.auditor, at=NOON)
        assert [(one.model.name, one.distance) for one in below.found] == [
            ("b", 1), ("c", 1), ("d", 2),
        ]  # fmt: skip
        above = feeders_of(models[3], actor=cast.auditor, at=NOON)
        assert [(one.model.name, one.distance) for one in above.found] == [
            ("c", 1), ("a", 2), ("b", 2),
        ]  # fmt: skip
        assert (below.unseen, above.unseen) == (0, 0)

    def test_what_one_may_not_see_is_counted_and_walked_through(self, cast: Cast) -> None:
        first, last = through_another_unit(cast)
        reach = consumers_of(first, actor=cast.validator, at=NOON)
        assert [(one.model.name, one.distance) for one in reach.found] == [("c", 2)]
        assert (reach.unseen, reach.total) == (1, 2)
        assert consumers_directly(first, actor=cast.validator, at=NOON).unseen == 1
        assert feeders_directly(last, actor=cast.validator, at=NOON).unseen == 1
        assert consumers_of(first, actor=cast.auditor, at=NOON).unseen == 0

    def test_queries_do_not_grow_with_the_graph(self, cast: Cast) -> None:
        def asked(model: Model) -> int:
            with CaptureQueriesContext(connection) as captured:
                consumers_of(model, actor=cast.auditor, at=NOON)
            return len(captured)

        few = asked(chain(cast, "a", "b")[0])
        assert asked(chain(cast, *(f"m{n}" for n in range(8)))[0]) == few == 4


@pytest.mark.backend
class TestWhatTheDatabaseKeeps:
    @pytest.fixture
    def row(self, cast: Cast) -> Dependency:
        chain(cast, "a", "b")
        return Dependency.objects.get()

    def test_a_dependency_is_never_edited_nor_deleted(self, row: Dependency) -> None:
        with nothing_moves():
            for change in (
                lambda: Dependency.objects.update(since_date=date(2020, 1, 1)),
                lambda: Dependency.objects.update(consumer=row.feeder, feeder=row.consumer),
                lambda: Dependency.objects.all()._raw_delete("default"),
            ):
                with pytest.raises(DatabaseError), transaction.atomic():
                    change()

    def test_what_ended_does_not_begin_again(self, cast: Cast, row: Dependency) -> None:
        end_feeder(dependency=row, actor=cast.owner, at=NOON)
        with nothing_moves(), pytest.raises(DatabaseError), transaction.atomic():
            Dependency.objects.update(ended_at=None)

    def test_two_at_once_and_itself(self, row: Dependency) -> None:
        said = {"flows": write_prose("Past the actions."), "since_date": SINCE, "added_at": NOON}
        for pair in (
            {"feeder": row.feeder, "consumer": row.consumer},
            {"feeder": row.feeder, "consumer": row.feeder},
        ):
            with nothing_moves(), pytest.raises(IntegrityError), transaction.atomic():
                Dependency.objects.create(**pair, **said)

    def test_a_walk_goes_the_same_way(self, cast: Cast, row: Dependency) -> None:
        models = chain(cast, "w", "x", "y", "z")
        feed(cast, row.consumer, models[0])
        reach = consumers_of(row.feeder, actor=cast.auditor, at=NOON)
        assert [(one.model.name, one.distance) for one in reach.found] == [
            ("b", 1), ("w", 2), ("x", 3), ("y", 4), ("z", 5),
        ]  # fmt: skip
