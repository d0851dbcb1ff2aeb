"""What a record said is kept: a row with each act that changes it, and none that changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db import DatabaseError, transaction

from governance.core.canonical import canonical
from governance.inventory.actions import ModelRecord, describe_model, edit_model
from governance.inventory.models import Model, RecordRevision
from governance.inventory.queries import record_values
from governance.inventory.queries.revisions import names_at, revisions_at
from governance.registry.actions.names import rename_model
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import newest_entry

LATER = f.later(hours=1)
MOMENT = timedelta(microseconds=1)
CARRIED = import_module("governance.inventory.migrations.0016_records_carried_over")


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def record_of(model: Model) -> ModelRecord:
    return ModelRecord(
        purpose=model.purpose,
        intended_use=model.intended_use,
        kind=model.kind,
        owner=model.owner,
        developers=list(model.developers.all()),
        tier=model.tier,
    )


def edited(model: Model, cast: Cast) -> Model:
    changed = replace(record_of(model), purpose="Ranks whom to call.", kind="RANKING")
    return edit_model(model=model, record=changed, actor=cast.owner, at=LATER)


def test_each_change_of_the_record_adds_what_it_says_now(cast: Cast, model: Model) -> None:
    edited(model, cast)
    first, second = model.revisions.order_by("number")
    assert (first.number, first.written_at, first.written_by) == (1, NOON, cast.owner.ref)
    assert first.values is not None
    assert first.values["purpose"] == "Says which customers are likely to leave."
    assert (second.number, second.kind, second.is_carried) == (2, "RANKING", False)
    assert second.content.text == canonical(record_values(Model.objects.get(pk=model.pk)))
    assert {second.ref, second.content.ref} <= set(newest_entry(model.stream).states)


def test_what_changes_no_record_adds_nothing(cast: Cast, model: Model) -> None:
    edit_model(model=model, record=record_of(model), actor=cast.owner, at=LATER)
    describe_model(model=model, description="From MLflow.", actor=cast.developer, at=LATER)
    assert model.revisions.count() == 1


@pytest.mark.backend
def test_a_revision_is_neither_changed_nor_deleted(model: Model) -> None:
    rows = RecordRevision.objects.filter(model=model)
    for change in (lambda: rows.update(kind="OTHER"), rows.delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.backend
def test_a_moment_has_the_revision_and_the_name_that_stood_then(cast: Cast, model: Model) -> None:
    edited(model, cast)
    rename_model(model=model, name="leavers", actor=cast.owner, at=f.later(hours=2))
    model.refresh_from_db()
    for moment, number, name in (
        (NOON - MOMENT, None, "churn-model"),
        (NOON, 1, "churn-model"),
        (LATER - MOMENT, 1, "churn-model"),
        (LATER, 2, "churn-model"),
        (f.later(hours=2), 2, "leavers"),
    ):
        found = revisions_at([model], moment).get(model.pk)
        assert (found.number if found else None) == number, moment
        assert names_at([model], moment) == {model.pk: name}, moment


def test_erased_text_leaves_the_row_and_its_digest(model: Model) -> None:
    revision = model.revisions.get()
    revision.content.erased_at = LATER
    assert revision.values is None
    assert revision.content.digest


@pytest.mark.backend
def test_records_from_before_there_were_revisions_are_carried_over(cast: Cast) -> None:
    kept = f.make_model(cast)
    old = Model.objects.create(
        name="old", unit=cast.unit, owner=cast.owner, purpose="Scores.", kind="OTHER",
        created_by=cast.owner.ref, created_at=NOON, updated_at=LATER,
    )  # fmt: skip
    old.developers.add(cast.developer)
    CARRIED.carry_over(apps, None)
    CARRIED.carry_over(apps, None)
    revision = old.revisions.get()
    assert revision.content.text == canonical(record_values(old))
    assert (revision.number, revision.written_at, revision.is_carried) == (1, LATER, True)
    assert (revision.owner, revision.is_complete) == (cast.owner, False)
    assert not kept.revisions.get().is_carried
