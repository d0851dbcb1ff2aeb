"""Labels and deprecations: what people are told of a version beside its number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from governance.accounts.rules import Actor, PermissionMissing, Role
from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.registry.actions import (
    delete_version_tag,
    deprecate_version,
    end_deprecation,
    label_version,
    register_version,
    set_version_tag,
)
from governance.registry.models import Deprecation, ModelVersion
from governance.registry.queries import deprecation_of, version_labeled
from governance.registry.rules import (
    DEPRECATED_TAG,
    LABEL_TAG,
    AlreadyDeprecated,
    LabelFixed,
    LabelNotFound,
    NotDeprecated,
    NotTheModelsOwner,
    PartFact,
    Registration,
)
from tests import factories as f
from tests.factories import Cast
from tests.world import newest_entry, nothing_moves, refused

LATER = f.later(hours=1)
SOON = LATER.date() + timedelta(days=30)
NOT_BUILDERS = ["owner", "validator", "approver", "compliance", "administrator", "outsider"]
NOT_OWNERS = ["developer", "validator", "approver", "compliance", "administrator", "outsider"]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def version(cast: Cast, model: Model) -> ModelVersion:
    return f.make_version(cast, model)


def label(version: ModelVersion, actor: Actor, text: str = "2.1.0") -> ModelVersion:
    return label_version(version=version, label=text, actor=actor, at=LATER)


class TestLabels:
    def test_is_one_entry_and_a_tag_for_mlflow(self, cast: Cast, version: ModelVersion) -> None:
        label(version, cast.developer)
        entry = newest_entry(version.model.stream)
        tag = version.tags.get(key=LABEL_TAG)
        assert (entry.verb, set(entry.states)) == ("version.labeled", {version.ref, tag.ref})
        assert entry.facts == {"number": 1, "label": "2.1.0"}
        assert tag.value == "2.1.0"
        found = version_labeled("churn-model", "2.1.0", actor=cast.developer, at=LATER)
        assert found == version

    def test_the_same_again_writes_nothing(self, cast: Cast, version: ModelVersion) -> None:
        label(version, cast.developer)
        with nothing_moves():
            label(version, cast.developer)

    def test_changes_and_goes_while_the_version_has_not_served(
        self, cast: Cast, version: ModelVersion
    ) -> None:
        label(version, cast.developer)
        label(version, cast.developer, "2.2.0")
        assert version.tags.get(key=LABEL_TAG).value == "2.2.0"
        label(version, cast.developer, "")
        assert not version.tags.filter(key=LABEL_TAG).exists()
        with pytest.raises(LabelNotFound):
            version_labeled("churn-model", "", actor=cast.developer, at=LATER)

    def test_stays_once_the_version_has_served(self, cast: Cast, version: ModelVersion) -> None:
        f.make_policies(cast)
        f.make_champion(cast, version)
        label(version, cast.developer)  # a first label can still be given
        with refused(LabelFixed):
            label(version, cast.developer, "2.2.0")
        with refused(LabelFixed):
            label(version, cast.developer, "")

    @pytest.mark.parametrize("text", ["v2", "2.1", "2.1.0 "])
    def test_what_is_no_label(self, cast: Cast, version: ModelVersion, text: str) -> None:
        with refused(InvalidInput):
            label(version, cast.developer, text)

    def test_is_of_one_version(self, cast: Cast, model: Model, version: ModelVersion) -> None:
        label(version, cast.developer)
        other = f.make_version(cast, model)
        with refused(InvalidInput) as caught:
            label(other, cast.developer)
        assert caught.value.problems[0].rule == "taken"  # type: ignore[attr-defined]
        with refused(InvalidInput) as caught:
            register(cast, model, tags={LABEL_TAG: "2.1.0"})
        assert caught.value.problems[0].field == f"tags.{LABEL_TAG}"  # type: ignore[attr-defined]

    def test_comes_with_a_registration(self, cast: Cast, model: Model) -> None:
        version = register(cast, model, tags={LABEL_TAG: "1.0.0"})
        assert version.label == version.tags.get(key=LABEL_TAG).value == "1.0.0"
        assert newest_entry(model.stream).facts["label"] == "1.0.0"

    def test_its_tag_is_not_set_by_hand(self, cast: Cast, version: ModelVersion) -> None:
        label(version, cast.developer)
        act: dict[str, Any] = {
            "version": version, "key": LABEL_TAG, "actor": cast.developer, "at": LATER,
        }  # fmt: skip
        with refused(InvalidInput):
            set_version_tag(value="3.0.0", **act)
        with refused(InvalidInput):
            delete_version_tag(**act)

    def test_a_copy_takes_along_neither_a_taken_label_nor_a_deprecation(
        self, cast: Cast, model: Model
    ) -> None:
        tags = {LABEL_TAG: "1.0.0", DEPRECATED_TAG: "2026-03-03", "team": "retention"}
        register(cast, model, tags={LABEL_TAG: "1.0.0"})
        copied = Registration(source="models:/churn-model/1")
        copy = register(cast, model, registration=copied, tags=tags)
        assert [tag.key for tag in copy.tags.all()] == ["team"]
        other = f.make_model(cast, name="churn-production")
        moved = register(cast, other, registration=copied, tags=tags)
        assert moved.label == "1.0.0"

    @pytest.mark.parametrize("who", NOT_BUILDERS)
    def test_who_may_not(self, cast: Cast, version: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            label(version, getattr(cast, who))


def register(cast: Cast, model: Model, **more: Any) -> ModelVersion:
    given: dict[str, Any] = {
        "model": model,
        "registration": Registration(source="models:/m-7"),
        "actor": cast.developer,
        "at": LATER,
    }
    return register_version(**(given | more))


def test_the_parts_of_a_bundle_are_rows_of_the_one_entry(cast: Cast, model: Model) -> None:
    parts = (
        PartFact(kind="BASE_MODEL", name="mistral/small", revision="2409"),
        PartFact(kind="SYSTEM_PROMPT", name="agent", revision="12", sha256="ab" * 32),
    )
    registration = Registration(source="models:/m-7", parts=parts)
    version = register(cast, model, registration=registration)
    entry = newest_entry(model.stream)
    assert {part.ref for part in version.parts.all()} <= set(entry.states)
    kept = version.parts.order_by("kind").values("kind", "name", "revision", "sha256")
    assert [PartFact(**row) for row in kept] == list(parts)
    assert (entry.facts["parts"], entry.facts["digest"]) == (2, version.digest)
    assert version.digest == registration.digest(model=model.ref, number=1)


def deprecate(version: ModelVersion, actor: Actor, **more: Any) -> Deprecation:
    given: dict[str, Any] = {"from_date": SOON, "reason": "Use version 2.", "at": LATER}
    return deprecate_version(version=version, actor=actor, **(given | more))


class TestDeprecations:
    def test_begins_and_ends_with_an_entry_each(self, cast: Cast, version: ModelVersion) -> None:
        deprecation = deprecate(version, cast.owner)
        entry = newest_entry(version.model.stream)
        tag = version.tags.get(key=DEPRECATED_TAG)
        written = {deprecation.ref, deprecation.reason.ref, tag.ref}
        assert (entry.verb, set(entry.states)) == ("version.deprecated", written)
        assert tag.value == SOON.isoformat()
        assert entry.facts == {"number": 1, "from_date": SOON.isoformat()}
        assert deprecation_of(version) == deprecation
        end_deprecation(version=version, actor=cast.owner, at=LATER)
        assert newest_entry(version.model.stream).verb == "version.undeprecated"
        assert deprecation_of(version) is None
        assert not version.tags.filter(key=DEPRECATED_TAG).exists()
        assert deprecate(version, cast.owner).pk != deprecation.pk

    def test_stands_once(self, cast: Cast, version: ModelVersion) -> None:
        with refused(NotDeprecated):
            end_deprecation(version=version, actor=cast.owner, at=LATER)
        deprecate(version, cast.owner)
        with refused(AlreadyDeprecated):
            deprecate(version, cast.owner)

    @pytest.mark.parametrize(
        ("changed", "field", "rule"),
        [
            ({"from_date": LATER.date() - timedelta(days=1)}, "from_date", "future"),
            ({"reason": " \n"}, "reason", "required"),
            ({"reason": "x" * 2001}, "reason", "length"),
            ({"reason": "nul \x00"}, "reason", "length"),
        ],
    )
    def test_what_is_wrong(
        self, cast: Cast, version: ModelVersion, changed: Any, field: str, rule: str
    ) -> None:
        with refused(InvalidInput) as caught:
            deprecate(version, cast.owner, **changed)
        assert isinstance(caught.value, InvalidInput)
        assert [(p.field, p.rule) for p in caught.value.problems] == [(field, rule)]

    @pytest.mark.parametrize("who", NOT_OWNERS)
    def test_who_may_not(self, cast: Cast, version: ModelVersion, who: str) -> None:
        with refused(PermissionMissing):
            deprecate(version, getattr(cast, who))

    def test_another_owner_and_a_pipeline_may_not(self, cast: Cast, version: ModelVersion) -> None:
        other = f.make_person("Other Owner", Role.MODEL_OWNER, unit=cast.unit)
        with refused(NotTheModelsOwner):
            deprecate(version, other)
        holder, _ = f.make_token(cast)
        with refused(PermissionMissing):
            deprecate(version, holder)
