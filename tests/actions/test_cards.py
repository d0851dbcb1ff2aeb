"""Drafting and publishing model cards."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from django.db import IntegrityError

from governance.accounts.rules import PermissionMissing
from governance.cards.actions import publish_card, save_draft
from governance.cards.models import CardDraft, CardRevision
from governance.cards.queries import card_editors, draft_of, published_card
from governance.cards.rules.editing import DraftChanged
from governance.cards.rules.revisions import CardUnchanged
from governance.core.errors import InvalidInput
from governance.registry.actions import record_evaluations
from governance.registry.models import ModelVersion
from governance.registry.rules import Measurement, Source
from tests import factories
from tests.factories import NOON, Cast, later
from tests.reviewing import card_sections, entries

LATER = later(hours=1)

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


def published(version: ModelVersion, cast: Cast, **changed: str) -> CardRevision:
    save_draft(
        version=version, sections=card_sections(**changed), base=None, actor=cast.developer, at=NOON
    )
    return publish_card(version=version, actor=cast.owner, at=NOON)


def test_a_first_draft_says_what_the_inventory_knows(version: ModelVersion) -> None:
    draft = draft_of(version)
    assert draft.base == 0
    assert draft.card.sections == {
        "task": "Says which customers are likely to leave.",
        "intended_use": "Choosing whom to offer a retention call.",
    }


def test_saving_one_section_keeps_the_others(version: ModelVersion, cast: Cast) -> None:
    draft = save_draft(
        version=version, sections={"caveats": "Watch\r\nit. "}, base=0, actor=cast.owner, at=NOON
    )
    assert draft.sections["caveats"] == "Watch\nit."
    assert draft.sections["task"].startswith("Says which")
    assert (draft.edit_count, draft.edited_by) == (1, cast.owner)


def test_a_save_appends_one_entry_with_digests_only(version: ModelVersion, cast: Cast) -> None:
    save_draft(
        version=version, sections={"task": "Secret words"}, base=0, actor=cast.owner, at=NOON
    )
    (entry,) = entries("card.drafted")
    assert entry.stream_name == version.model.stream
    assert entry.facts["changed"] == ["task"]
    assert "Secret" not in entry.text


def test_saving_what_stands_there_appends_nothing(version: ModelVersion, cast: Cast) -> None:
    for _ in range(2):
        save_draft(version=version, sections={"task": "Same"}, base=None, actor=cast.owner, at=NOON)
    assert len(entries("card.drafted")) == 1


def test_an_old_form_overwrites_nothing(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections={"task": "First"}, base=0, actor=cast.owner, at=NOON)
    with pytest.raises(DraftChanged, match="Olga Owner"):
        save_draft(
            version=version, sections={"task": "Second"}, base=0, actor=cast.developer, at=NOON
        )
    assert CardDraft.objects.get().sections["task"] == "First"
    assert len(entries("card.drafted")) == 1


@pytest.mark.parametrize(
    ("sections", "rule"),
    [
        ({"nonsense": "x"}, "unknown"),
        ({"task": "x" * 50_001}, "length"),
        ({"task": "a\x00b"}, "characters"),
        ({"task": "\ud800"}, "characters"),
    ],
)
def test_what_a_section_cannot_hold(
    version: ModelVersion, cast: Cast, sections: dict[str, str], rule: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        save_draft(
            version=version,
            sections={"caveats": "fine", **sections},
            base=0,
            actor=cast.owner,
            at=NOON,
        )
    assert [(p.field, p.rule) for p in refused.value.problems] == [(next(iter(sections)), rule)]
    assert not CardDraft.objects.exists()


@pytest.mark.parametrize("who", ["validator", "approver", "auditor", "administrator", "outsider"])
def test_who_may_not_write(version: ModelVersion, cast: Cast, who: str) -> None:
    with pytest.raises(PermissionMissing):
        save_draft(
            version=version, sections={"task": "x"}, base=0, actor=getattr(cast, who), at=NOON
        )
    assert not CardDraft.objects.exists()


def test_a_developer_writes_but_does_not_publish(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    with pytest.raises(PermissionMissing):
        publish_card(version=version, actor=cast.developer, at=NOON)
    assert published_card(version) is None


def test_publishing_names_every_gap(version: ModelVersion, cast: Cast) -> None:
    save_draft(
        version=version,
        sections=card_sections(fairness="N/A", known_failures=" ", caveats=""),
        base=0,
        actor=cast.owner,
        at=NOON,
    )
    with pytest.raises(InvalidInput) as refused:
        publish_card(version=version, actor=cast.owner, at=NOON)
    assert [p.field for p in refused.value.problems] == ["known_failures", "fairness"]
    assert "“N/A” is not an answer" in refused.value.problems[1].message
    assert published_card(version) is None


def test_a_revision_can_be_recomputed(version: ModelVersion, cast: Cast) -> None:
    revision = published(version, cast)
    assert revision.number == 1
    assert revision.digest == sha256(revision.text.encode()).hexdigest()
    assert json.loads(revision.text)["format"] == "countersign.card/2"
    (entry,) = entries("card.published")
    assert entry.facts == {"version": version.ref, "number": 1, "digest": revision.digest}
    assert revision.ref in entry.states


def test_a_revision_never_changes(version: ModelVersion, cast: Cast) -> None:
    revision = published(version, cast)
    with pytest.raises(IntegrityError):
        CardRevision.objects.filter(pk=revision.pk).update(text="{}")


def test_publishing_the_same_twice_is_refused(version: ModelVersion, cast: Cast) -> None:
    published(version, cast)
    with pytest.raises(CardUnchanged):
        publish_card(version=version, actor=cast.owner, at=LATER)
    assert CardRevision.objects.count() == 1


def test_measured_values_come_from_the_registry(version: ModelVersion, cast: Cast) -> None:
    record_evaluations(
        version=version,
        measurements=[
            Measurement(metric="auc", value="0.86"),
            Measurement(metric="auc", value="0.80", slice="age 18-25"),
        ],
        source=Source.POSTED,
        actor=cast.developer,
        at=NOON,
    )
    revision = published(version, cast, evaluation="")
    values = [
        (one.type, one.slice, one.value.value, one.value.provenance.source)
        for one in revision.card.metrics
    ]
    assert values == [("auc", "", "0.86", "POSTED"), ("auc", "age 18-25", "0.80", "POSTED")]
    assert revision.card.lineage["dataset"]["name"] == "holdout"


def test_a_new_measurement_is_a_reason_to_publish_again(version: ModelVersion, cast: Cast) -> None:
    published(version, cast)
    record_evaluations(
        version=version,
        measurements=[Measurement(metric="accuracy", value="0.91")],
        source=Source.POSTED,
        actor=cast.developer,
        at=LATER,
    )
    again = publish_card(version=version, actor=cast.owner, at=LATER)
    assert again.number == 2
    assert published_card(version) == again


def test_a_new_version_starts_from_the_last_published_card(
    version: ModelVersion, cast: Cast
) -> None:
    first = published(version, cast, task="Whom to call.")
    second = factories.make_version(cast, version.model)
    draft = draft_of(second)
    assert draft.card.sections["task"] == "Whom to call."
    assert draft.starts_from == first
    assert published_card(second) is None


def test_everybody_who_wrote_is_remembered(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    assert card_editors(version).keys() == {cast.developer.ref, cast.owner.ref}


def test_publishing_what_was_not_on_the_screen_is_refused(
    version: ModelVersion, cast: Cast
) -> None:
    save_draft(version=version, sections=card_sections(), base=0, actor=cast.developer, at=NOON)
    with pytest.raises(DraftChanged):
        publish_card(version=version, actor=cast.owner, at=NOON, base=0)
    assert published_card(version) is None
