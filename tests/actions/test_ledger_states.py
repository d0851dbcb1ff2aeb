"""What was changed behind our back in the rows that entries speak of, and by whatever means."""

from __future__ import annotations

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, models

from governance.audit import triggers
from governance.audit.actions import write_prose
from governance.audit.chain import Kind
from governance.audit.registration import REGISTERED
from governance.audit.states import rows_of
from governance.audit.verification import verify
from governance.cards.models import CardDraft
from governance.core.models import Record
from governance.inventory.models import Model, RecordRevision
from governance.registry.actions import delete_model_tag, set_model_tag
from governance.registry.models import ModelTag
from governance.validation.models import Finding
from tests import factories as f
from tests.actions.test_ledger_verification import verify_ledger
from tests.factories import NOON, Cast
from tests.ledger_attacks import change

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(cast: Cast) -> Model:
    """A model with a version, a card, a report and what goes with it."""
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_ready(cast, f.make_version(cast, model))
    return model


def broken() -> tuple[str, str]:
    found = verify(states=True).broken
    assert found is not None
    return found.kind, found.detail


def test_rows_as_they_were_written_are_counted(model: Model) -> None:
    found = verify(states=True)
    assert found.intact, str(found)
    assert found.states is not None
    assert found.states > 20
    code, said = verify_ledger("--state")
    assert (code, "rows as they were written" in said) == (0, True)


def test_an_update_past_the_actions_is_found(model: Model) -> None:
    Model.objects.filter(pk=model.pk).update(name="another-name")
    kind, detail = broken()
    assert kind == Kind.STATE_CHANGED
    assert model.ref in detail
    assert verify().intact, "which the chain alone cannot see"


def test_a_row_that_nobody_wrote_is_found(model: Model, cast: Cast) -> None:
    Model.objects.create(
        name="smuggled", unit=cast.unit, created_by="x", created_at=NOON, updated_at=NOON
    )
    assert broken()[0] == Kind.STATE_UNKNOWN


def test_a_row_that_is_gone_is_found(cast: Cast, model: Model) -> None:
    triggers.remove(connection)
    draft = CardDraft.objects.first() or pytest.fail("there is a draft")
    change("DELETE FROM cards_carddraft WHERE id = %s",
           draft.pk.hex if connection.vendor == "sqlite" else str(draft.pk))  # fmt: skip
    kind, detail = broken()
    assert kind == Kind.STATE_MISSING
    assert draft.ref in detail


def test_a_tag_may_be_taken_away(cast: Cast, model: Model) -> None:
    set_model_tag(model=model, key="team", value="retail", actor=cast.developer, at=NOON)
    assert verify(states=True).intact
    delete_model_tag(model=model, key="team", actor=cast.developer, at=NOON)
    assert not ModelTag.objects.exists()
    assert verify(states=True).intact


def a_change(record: Record) -> dict[str, object] | None:
    """One column of the snapshot, with another value that the column can hold."""
    registration = REGISTERED[type(record)]
    for field in record._meta.concrete_fields:
        left_out = {*registration.exclude, "salt"}
        if field.primary_key or field.is_relation or field.attname in left_out:
            continue
        value = getattr(record, field.attname)
        if isinstance(field, models.BooleanField):
            return {field.attname: not value}
        if isinstance(field, (models.CharField, models.TextField)) and not field.choices:
            return {field.attname: f"{value}x"[-(field.max_length or 9999) :] or "x"}
    return {"salt": uuid4().hex}


def test_one_changed_column_of_any_row_of_any_table_is_found(model: Model) -> None:
    """The story has rows in most tables; one of each is changed in turn, past the actions."""
    triggers.remove(connection)
    tried = 0
    for table in [table for table in REGISTERED if issubclass(table, Record)]:
        record = next(iter(rows_of(table)), None)
        if record is None or not isinstance(record, Record):
            continue
        wanted = a_change(record)
        assert wanted
        name, value = next(iter(wanted.items()))
        rows = table._default_manager.filter(pk=record.pk)
        before = rows.values_list(name, flat=True)[0]
        rows.update(**wanted)
        kind, detail = broken()
        assert kind in {Kind.STATE_CHANGED, Kind.PROSE_CHANGED}, (table, name, value)
        assert record.ref in detail or kind == Kind.PROSE_CHANGED
        rows.update(**{name: before})
        tried += 1
    assert tried > 15
    assert verify(states=True).intact


def test_the_whole_demo_is_as_it_was_written() -> None:
    call_command("seed_demo", stdout=StringIO())
    found = verify(states=True)
    assert found.intact, str(found)
    assert Finding.objects.exists()


def test_what_an_update_carried_over_needs_no_entry(cast: Cast, model: Model) -> None:
    """Migrations made revisions of what stood, marked as such; no entry speaks of them."""
    text = write_prose("{}")
    row = RecordRevision(
        model=model, number=99, content=text, is_complete=False, is_carried=True,
        written_by="system:migration", written_at=NOON,
    )  # fmt: skip
    row.save(force_insert=True)
    assert verify(states=True).intact
    loose = write_prose("Nobody points to this.")
    assert broken()[0] == Kind.STATE_UNKNOWN
    assert loose.ref in broken()[1]
