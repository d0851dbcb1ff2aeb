"""Real cards through the database: taken whole into a draft, and out again as they came."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.cards.actions import import_card, publish_card, read_upload, save_draft
from governance.cards.queries import draft_of
from governance.cards.queries.exporting import outgoing_card
from governance.registry.actions import register_version
from governance.registry.rules import Registration
from tests import factories
from tests.factories import NOON
from tests.samples.test_card_files import EACH

pytestmark = [pytest.mark.samples, pytest.mark.django_db]


@EACH
def test_it_comes_back_byte_for_byte_from_the_draft_and_is_accounted_for(path: Path) -> None:
    cast = factories.make_cast()
    registration = Registration(source="models:/m-1", run_id="run-1")
    version = register_version(
        model=factories.make_model(cast), registration=registration, tags={},
        actor=cast.developer, at=NOON,
    )  # fmt: skip
    facts = {"version": version, "actor": cast.developer, "at": NOON}
    empty = {"task": "", "intended_use": ""}
    draft = save_draft(sections=empty, base=0, **facts)
    data = path.read_bytes()
    reading = read_upload(data=data, filename=path.name, **facts)
    done = import_card(reading=reading, base=draft.edit_count, **facts)
    assert (done.is_new, done.untaken) == (True, ())
    out = outgoing_card(version, as_draft=True).write(reading.format, carry=False)
    assert out.data == data
    assert not import_card(reading=reading, base=0, **facts).is_new
    gaps = {one.key: f"On {one.title.lower()}." for one in draft_of(version).gaps}
    save_draft(sections=gaps, base=None, **facts)
    publish_card(version=version, actor=cast.owner, at=NOON)
    card = outgoing_card(version).card
    assert {**reading.card.sections, **gaps} == card.sections
    assert reading.card.kept == card.kept
    assert reading.card.metrics == card.metrics
