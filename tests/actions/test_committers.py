"""Who committed the code of a version: stated by address, kept by reference, barred for good."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from governance.accounts.rules import Role
from governance.approvals.rules.duties import DutiesNotSeparated
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.registry.actions import register_version
from governance.registry.models import ModelVersion
from governance.registry.rules import (
    LINEAGE_TAG,
    Registration,
    Stage,
    lineage_from_tags,
    stated_committer,
    without_committer,
)
from governance.validation.actions.validations import save_validation
from governance.validation.rules import NotIndependent, ValidationRecord
from tests import factories as f
from tests.factories import NOON, Cast
from tests.mlflow_wire import Wire
from tests.world import newest_entry, nothing_moves, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(cast: Cast) -> Model:
    f.make_policies(cast)
    return f.make_model(cast)


def tags_of(committer: str) -> dict[str, str]:
    return {LINEAGE_TAG: json.dumps({"git_commit": "c0ffee", "committer": committer})}


def register(cast: Cast, model: Model, committer: str, source: str = "models:/m-1") -> ModelVersion:
    tags = tags_of(committer) if committer else {}
    registration = Registration(
        source=source, lineage=lineage_from_tags(tags), committer=stated_committer(tags)
    )
    return register_version(
        model=model, registration=registration, tags=tags, actor=cast.developer, at=NOON
    )


def test_the_person_is_kept_and_the_address_is_not(cast: Cast, model: Model) -> None:
    version = register(cast, model, "Alma.Second@BANK.example")
    version.refresh_from_db()
    assert version.committed_by == cast.second_approver
    assert version.lineage == {"git_commit": "c0ffee"}
    assert [json.loads(tag.value) for tag in version.tags.all()] == [{"git_commit": "c0ffee"}]
    entry = newest_entry(model.stream)
    assert entry.facts["committed_by"] == cast.second_approver.ref
    texts = [entry.text for entry in LedgerEntry.objects.all()]
    assert not [text for text in texts if "alma.second@" in text.lower()]
    assert verify().intact


def test_the_digest_of_a_version_holds_no_address(cast: Cast, model: Model) -> None:
    said = Registration(source="models:/m-1")
    named = Registration(source="models:/m-1", committer=cast.approver.email)
    assert said.digest(model=model.ref, number=1) == named.digest(model=model.ref, number=1)


@pytest.mark.parametrize(
    "address", ["nobody@bank.example", "alma", "a b@bank.example", "", "@", "a@", "a\n@b.example"]
)
def test_an_address_of_nobody_registers_nothing(cast: Cast, model: Model, address: str) -> None:
    with refused(InvalidInput) as caught:
        registration = Registration(
            source="models:/m-1", committer=stated_committer(tags_of(address))
        )
        register_version(
            model=model, registration=registration, tags={}, actor=cast.developer, at=NOON
        )
    assert caught.value.problems[0].field == "tags.countersign.lineage.committer"


def test_most_versions_name_nobody(cast: Cast, model: Model) -> None:
    version = register(cast, model, "")
    assert version.committed_by is None
    assert "committed_by" not in newest_entry(model.stream).facts


def test_a_tag_without_an_address_stays_as_it_came() -> None:
    tags = {LINEAGE_TAG: '{ "git_commit":"é" }', "team": "retail"}
    assert without_committer(tags) == tags
    assert without_committer(tags | tags_of("a@b.example"))["team"] == "retail"


def test_a_copy_has_the_committer_of_its_original(cast: Cast, model: Model) -> None:
    register(cast, model, cast.approver.email)
    for stated in ("", cast.auditor.email):
        copy = register(cast, f.make_model(cast, name=f"copy-{stated}"), stated,
                        source="models:/churn-model/1")  # fmt: skip
        assert copy.committed_by == cast.approver


def test_a_committer_validates_and_signs_nothing_of_it(cast: Cast, model: Model) -> None:
    version = f.make_version(cast, model, committer=cast.approver.email)
    request = f.make_ready(cast, version)
    with refused(DutiesNotSeparated) as caught:
        f.sign(request, cast.approver, Role.APPROVER)
    assert caught.value.facts["rules"] == ["committer_signs_not"]
    assert "You committed the code of version 1." in str(caught.value)
    f.sign(request, cast.validator, Role.VALIDATOR)
    f.sign(request, cast.second_approver, Role.APPROVER)
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
    other = f.make_version(cast, model, committer=cast.validator.email)
    with refused(NotIndependent):
        save_validation(
            version=other, record=ValidationRecord(), base=None, actor=cast.validator, at=NOON
        )


def test_the_client_states_it_and_a_repeated_call_finds_the_version(
    cast: Cast, model: Model
) -> None:
    wire = Wire(f.make_token(cast, at=timezone.now())[1])

    def create(committer: str) -> int:
        tags = [{"key": key, "value": value} for key, value in tags_of(committer).items()]
        said = wire.post(
            "model-versions/create", name=model.name, source="models:/m-1", model_id="m-1",
            tags=tags,
        )  # fmt: skip
        assert said.status == 200, said.message
        assert "@" not in json.dumps(said.body["model_version"]["tags"])
        return int(said.body["model_version"]["version"])

    assert create(cast.approver.email) == 1
    with nothing_moves():
        assert create(cast.approver.email.upper()) == 1
    assert create(cast.auditor.email) == 2
    committers = model.versions.order_by("number").values_list("committed_by", flat=True)
    assert list(committers) == [cast.approver.pk, cast.auditor.pk]
