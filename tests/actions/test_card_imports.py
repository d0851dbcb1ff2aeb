"""Card files into drafts, and out again as they came."""

from __future__ import annotations

import json
from itertools import islice

import pytest

from governance.accounts.rules import PermissionMissing
from governance.cards.actions import import_card, publish_card, read_upload, save_draft, write_draft
from governance.cards.actions.importing import Imported
from governance.cards.formats import FORMATS, read_card
from governance.cards.models import CardAttachment, CardDraft, CardEditor
from governance.cards.queries import draft_of
from governance.cards.queries.exporting import outgoing_card
from governance.cards.rules.editing import DraftChanged, NumberRow, SectionEdit
from governance.cards.rules.importing import Standing
from governance.cards.rules.revisions import CardNotFound
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput
from governance.registry.actions import register_version
from governance.registry.models import ModelVersion
from governance.registry.rules import Registration
from tests import factories
from tests.factories import NOON, Cast, later
from tests.reviewing import card_sections, entries
from tests.rules.cards.documents import ALL, DOCUMENTS, HUB_CARD, PLAIN
from tests.world import refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


@pytest.fixture
def unmeasured(cast: Cast) -> ModelVersion:
    registration = Registration(source="models:/m-1", run_id="run-1")
    model = factories.make_model(cast)
    return register_version(
        model=model, registration=registration, tags={}, actor=cast.developer, at=NOON
    )


def take(
    version: ModelVersion,
    cast: Cast,
    data: bytes,
    *,
    name: str = "",
    base: int | None = 0,
    parts: set[str] | None = None,
) -> Imported:
    reading = read_upload(version=version, data=data, actor=cast.developer, at=NOON, name=name)
    return import_card(
        version=version, reading=reading, base=base, actor=cast.developer, at=NOON, parts=parts
    )


def without_first_words(version: ModelVersion, cast: Cast) -> int:
    """Empty what a first draft says by itself; return the save to name."""
    empty = {"task": "", "intended_use": ""}
    draft = save_draft(version=version, sections=empty, base=0, actor=cast.developer, at=NOON)
    return draft.edit_count


def test_a_file_becomes_the_draft_with_one_entry_and_its_bytes(
    version: ModelVersion, cast: Cast
) -> None:
    data = HUB_CARD.encode()
    done = take(version, cast, data)
    assert (done.is_new, done.draft.edit_count) == (True, 1)
    (entry,) = entries("card.drafted")
    assert (entry.facts["format"], entry.facts["file"]) == ("huggingface", sha256_hex(data))
    assert "Default within a year" not in entry.text
    assert bytes(CardAttachment.objects.get(digest=sha256_hex(data)).data) == data
    assert CardEditor.objects.get().user == cast.developer


def test_the_same_file_again_changes_nothing_whatever_the_base(
    version: ModelVersion, cast: Cast
) -> None:
    take(version, cast, HUB_CARD.encode())
    again = take(version, cast, HUB_CARD.encode(), base=0)
    assert (again.is_new, again.draft.edit_count) == (False, 1)
    assert len(entries("card.drafted")) == 1


def test_a_draft_saved_since_is_not_overwritten(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections={"task": "Mine"}, base=0, actor=cast.owner, at=NOON)
    with refused(DraftChanged) as caught:
        take(version, cast, HUB_CARD.encode(), base=0)
    assert caught.value.facts == {"seen": 0, "stands": 1}
    assert take(version, cast, HUB_CARD.encode(), base=1).draft.edit_count == 2


def test_chosen_parts_and_no_others(version: ModelVersion, cast: Cast) -> None:
    take(version, cast, HUB_CARD.encode(), parts={"licenses"})
    card = draft_of(version).card
    assert card.licenses
    assert set(card.sections) == {"task", "intended_use"}
    assert [one.format for one in card.sources] == ["huggingface"]


def test_what_is_measured_and_typed_stays(version: ModelVersion, cast: Cast) -> None:
    file = {
        "format": "countersign.card/2",
        "metrics": [
            {"type": "auc", "value": {"value": "0.99"}},
            {"type": "f1", "value": {"value": "0.9"}},
            {"type": "recall", "value": {"value": "0.8"}},
        ],
    }
    typed = SectionEdit(key="evaluation", text="", metrics=(NumberRow(name="f1", value="0.7"),))
    write_draft(version=version, edit=typed, base=0, actor=cast.developer, at=NOON)
    done = take(version, cast, json.dumps(file).encode(), base=1)
    values = {one.type: one.value for one in draft_of(version).card.metrics}
    assert {key: one.value for key, one in values.items()} == {
        "auc": "0.857",
        "f1": "0.7",
        "recall": "0.8",
    }
    assert values["f1"].provenance.typed_by == cast.developer.ref
    assert [(one.name, one.why) for one in done.untaken] == [
        ("auc", Standing.MEASURED),
        ("f1", Standing.TYPED),
    ]


@pytest.mark.parametrize(("name", "key"), ALL, ids=lambda value: str(value))
def test_a_file_comes_back_byte_for_byte_through_the_database(
    name: str, key: str, unmeasured: ModelVersion, cast: Cast
) -> None:
    """Into the draft, published with what it does not answer, and out of both."""
    data = DOCUMENTS[name][key]
    base = without_first_words(unmeasured, cast)
    take(unmeasured, cast, data, name=name, base=base)
    draft = outgoing_card(unmeasured, as_draft=True)
    plain = draft.write(name, carry=False)
    if FORMATS[name].keeps_source:
        assert plain.data == data
    if key == "open-fence":
        # What comes after a fence that nobody closed is inside of it, and is reported as lost.
        return
    back = read_card(draft.write(name).data, name=name).card
    assert back.sections == draft.card.sections
    assert (back.kept, back.licenses, back.details) == (
        draft.card.kept,
        draft.card.licenses,
        draft.card.details,
    )
    gaps = {one.key: f"On {one.title.lower()}." for one in draft_of(unmeasured).gaps}
    save_draft(version=unmeasured, sections=gaps, base=None, actor=cast.developer, at=NOON)
    publish_card(version=unmeasured, actor=cast.owner, at=NOON)
    published = outgoing_card(unmeasured)
    assert published.card.attachments == draft.card.attachments
    out = published.write(name, carry=False).data
    if name in {"huggingface", "markdown"} and key != "results":
        lines = iter(out.decode().splitlines(keepends=True))
        assert all(line in lines for line in whole_lines(data)), out.decode()


def whole_lines(data: bytes) -> list[str]:
    """The lines of a text that ends with a line end; the last one else may have got one."""
    lines = data.decode().splitlines(keepends=True)
    return lines if lines[-1].endswith("\n") else list(islice(lines, len(lines) - 1))


def test_only_what_somebody_changed_differs_in_the_file(
    unmeasured: ModelVersion, cast: Cast
) -> None:
    data = PLAIN.encode()
    base = without_first_words(unmeasured, cast)
    take(unmeasured, cast, data, name="markdown", base=base)
    card = outgoing_card(unmeasured, as_draft=True).card
    key = "intended_use" if "intended_use" in card.sections else next(iter(card.sections))
    old = card.sections[key]
    save_draft(version=unmeasured, sections={key: "Other."}, base=None, actor=cast.owner, at=NOON)
    out = outgoing_card(unmeasured, as_draft=True).write("markdown", carry=False).data.decode()
    assert out == PLAIN.replace(old, "Other.")


def test_who_may_not_write_imports_nothing(version: ModelVersion, cast: Cast) -> None:
    reading = read_card(HUB_CARD.encode())
    for person in (cast.validator, cast.auditor, cast.outsider):
        with refused(PermissionMissing):
            read_upload(version=version, data=b"# x", actor=person, at=NOON)
        with refused(PermissionMissing):
            import_card(version=version, reading=reading, base=0, actor=person, at=NOON)


@pytest.mark.parametrize(
    ("data", "field", "rule"),
    [
        (b"# Named\n\n## Uses\n\n" + b"x" * 50_001, "intended_use", "length"),
        (b"# Named\n\n## Uses\n\nbell\x07", "intended_use", "characters"),
        (b"<?xml version='1.0'?><!DOCTYPE bom [<!ENTITY a 'b'>]>"
         b"<bom xmlns='http://cyclonedx.org/schema/bom/1.6'>&a;</bom>", "file", "doctype"),
        (b"# a\x00", "file", "characters"),
        (b"x" * (16 * 1024 * 1024 + 1), "file", "length"),
    ],
    ids=["long", "control", "entity", "nul", "large"],
)  # fmt: skip
def test_a_wrong_file_is_refused_and_moves_nothing(
    data: bytes, field: str, rule: str, version: ModelVersion, cast: Cast
) -> None:
    with refused(InvalidInput) as caught:
        take(version, cast, data)
    (problem,) = caught.value.problems  # type: ignore[attr-defined]
    assert (problem.field, problem.rule) == (field, rule)
    assert not CardDraft.objects.exists()


def test_of_several_revisions_the_standing_one_goes_out(version: ModelVersion, cast: Cast) -> None:
    with pytest.raises(CardNotFound, match="No card is published"):
        outgoing_card(version)
    save_draft(version=version, sections=card_sections(), base=None, actor=cast.developer, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    save_draft(
        version=version, sections={"task": "Newer"}, base=None, actor=cast.developer, at=NOON
    )
    publish_card(version=version, actor=cast.owner, at=later(hours=1))
    newest = outgoing_card(version)
    assert newest.revision is not None
    assert newest.revision.number == 2
    assert newest.filename(newest.write("spdx")) == "churn-model-v1-r2.spdx3.json"
    assert outgoing_card(version, revision=1).card.sections["task"] == card_sections()["task"]
    with pytest.raises(CardNotFound, match="no revision 3"):
        outgoing_card(version, revision=3)
