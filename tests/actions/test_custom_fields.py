"""The firm's own fields: defined by administrators, answered by owners, asked for by the gates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.accounts.models import User
from governance.accounts.rules import PermissionMissing
from governance.core.errors import InvalidInput
from governance.inventory.actions import ModelRecord, change_field, define_field, edit_model
from governance.inventory.models import CustomField, CustomValue, Model
from governance.inventory.queries import (
    answers_of,
    custom_values,
    lacking,
    record_digest,
    record_gaps,
)
from governance.inventory.rules import FieldDefinition, InventoryIncomplete
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
LINE = FieldDefinition(
    label="Model line", value_type="CHOICE", choices=("Retail", "Corporate"), hint="Of the board."
)


def define(cast: Cast, key: str = "model_line", **changed: Any) -> CustomField:
    definition = replace(LINE, **changed)
    return define_field(key=key, definition=definition, actor=cast.administrator, at=NOON)


def answer(cast: Cast, model: Model, *, at: Any = LATER, **said: str) -> Model:
    record = replace(ModelRecord.of(Model.objects.get(pk=model.pk)), custom=said)
    return edit_model(model=model, record=record, actor=cast.owner, at=at)


def rules_of(error: BaseException) -> list[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return [(problem.field, problem.rule) for problem in error.problems]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


class TestDefining:
    def test_appends_one_entry_of_the_firm(self, cast: Cast) -> None:
        field = define(cast)
        entry = newest_entry("firm")
        assert (entry.verb, list(entry.states)) == ("field.defined", [field.ref])
        assert entry.facts == {
            "key": "model_line", "type": "CHOICE", "required": False, "retired": False,
        }  # fmt: skip

    def test_a_change_is_an_entry_and_the_same_again_is_none(self, cast: Cast) -> None:
        field = define(cast)
        said = replace(LINE, label="Line of models", is_retired=True)
        for _ in range(2):
            field = change_field(field=field, definition=said, actor=cast.administrator, at=LATER)
        assert (field.label, field.retired_at) == ("Line of models", LATER)
        assert newest_entry("firm").verb == "field.changed"
        with nothing_moves():
            change_field(field=field, definition=said, actor=cast.administrator, at=LATER)
        back = replace(said, is_retired=False)
        field = change_field(field=field, definition=back, actor=cast.administrator, at=LATER)
        assert field.retired_at is None

    def test_a_type_stays(self, cast: Cast) -> None:
        field = define(cast)
        said = FieldDefinition(label="Model line", value_type="TEXT")
        with refused(InvalidInput) as caught:
            change_field(field=field, definition=said, actor=cast.administrator, at=LATER)
        assert rules_of(caught.value) == [("value_type", "fixed")]

    def test_a_key_is_taken_once(self, cast: Cast) -> None:
        define(cast)
        with refused(InvalidInput) as caught:
            define(cast)
        assert rules_of(caught.value) == [("key", "unique")]

    @pytest.mark.parametrize(
        "who", ["owner", "developer", "validator", "approver", "compliance", "outsider"]
    )
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        person: User = getattr(cast, who)
        field = define(cast)
        with refused(PermissionMissing):
            define_field(key="mine", definition=LINE, actor=person, at=NOON)
        with refused(PermissionMissing):
            change_field(field=field, definition=LINE, actor=person, at=NOON)


class TestAnswering:
    def test_is_part_of_the_record_and_of_its_one_entry(self, cast: Cast, model: Model) -> None:
        define(cast)
        before = record_digest(model)
        answer(cast, model, model_line="Retail")
        row = CustomValue.objects.get()
        assert custom_values(model) == {"model_line": "Retail"}
        entry = newest_entry(model.stream)
        assert entry.facts["changed"] == ["custom_model_line"]
        revision = model.revisions.latest("number")
        assert set(entry.states) == {model.ref, row.ref, revision.ref, revision.content.ref}
        assert record_digest(model) != before

    def test_what_is_not_named_stays_and_nothing_takes_it_away(
        self, cast: Cast, model: Model
    ) -> None:
        define(cast)
        answer(cast, model, model_line="Retail")
        with nothing_moves():
            answer(cast, model)
            answer(cast, model, model_line="Retail")
        answer(cast, model, model_line="")
        assert custom_values(model) == {}
        assert CustomValue.objects.count() == 1

    @pytest.mark.parametrize(
        ("said", "problem"),
        [
            ({"model_line": "Moon"}, ("custom_model_line", "choice")),
            ({"users_count": "many"}, ("custom_users_count", "number")),
            ({"of_vendors": "Yes"}, ("custom_of_vendors", "applies")),
            ({"old": "Yes"}, ("custom_old", "retired")),
            ({"nowhere": "Yes"}, ("custom_nowhere", "unknown")),
        ],
    )
    def test_a_wrong_answer_is_named(
        self, cast: Cast, model: Model, said: dict[str, str], problem: tuple[str, str]
    ) -> None:
        define(cast)
        define(cast, "users_count", value_type="NUMBER", choices=())
        define(cast, "of_vendors", value_type="BOOLEAN", choices=(), origins=("VENDOR",))
        define(cast, "old", value_type="BOOLEAN", choices=(), is_retired=True)
        with refused(InvalidInput) as caught:
            answer(cast, model, **said)
        assert rules_of(caught.value) == [problem]

    def test_what_stands_is_let_be_when_the_field_changes(self, cast: Cast, model: Model) -> None:
        field = define(cast)
        answer(cast, model, model_line="Retail")
        other = replace(LINE, choices=("Corporate", "Markets"), is_retired=True)
        change_field(field=field, definition=other, actor=cast.administrator, at=LATER)
        with nothing_moves():
            answer(cast, model, model_line="Retail")
        assert [(one.field, one.value) for one in answers_of(model)] == [(field, "Retail")]

    def test_only_what_applies_is_asked_in_its_order(self, cast: Cast, model: Model) -> None:
        define(cast, "last", label="Last", position=9)
        define(cast, "first", label="First", position=1)
        define(cast, "high", label="High", tiers=(1,))
        assert [one.field.key for one in answers_of(model)] == ["first", "last"]


class TestGaps:
    def test_a_required_one_is_a_gap_until_it_is_answered(self, cast: Cast, model: Model) -> None:
        define(cast, required=True)
        define(cast, "of_vendors", required=True, origins=("VENDOR",))
        assert lacking(model) == ["“Model line”"]
        found = record_gaps([model], at=NOON)[model.pk]
        assert [(one.field, one.rule) for one in found.lacking] == [
            ("custom_model_line", "required")
        ]
        answer(cast, model, model_line="Retail")
        assert lacking(model) == []

    def test_no_version_moves_before_it_is_answered(self, cast: Cast, model: Model) -> None:
        f.make_policies(cast)
        version = f.make_version(cast, model)
        define(cast, required=True)
        with refused(InventoryIncomplete) as caught:
            f.ask(cast, version, Stage.STAGING)
        assert caught.value.facts["missing"] == ["“Model line”"]
        answer(cast, model, at=NOON, model_line="Retail")
        assert f.ask(cast, version, Stage.STAGING).version.stage == Stage.STAGING


@pytest.mark.backend
def test_an_answer_is_never_deleted_nor_moved_to_another_field(cast: Cast, model: Model) -> None:
    define(cast)
    other = define(cast, "other")
    answer(cast, model, model_line="Retail")
    with nothing_moves():
        for change in (
            lambda: CustomValue.objects.update(field=other),
            lambda: CustomValue.objects.all()._raw_delete("default"),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()
