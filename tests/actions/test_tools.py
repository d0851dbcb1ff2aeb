"""What was determined to be no model: its record needs no tier, and no version of it moves."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from governance.accounts.rules import Role
from governance.approvals.actions.requests import Outcome
from governance.audit.actions import write_prose
from governance.audit.verification import verify
from governance.core.canonical import canonical
from governance.core.errors import InvalidInput
from governance.inventory.actions import ModelRecord, create_model, determine
from governance.inventory.models import Determination, Model
from governance.inventory.queries import record_gaps
from governance.inventory.queries.questionnaires import needed_questionnaire
from governance.inventory.rules import NotAModel
from governance.inventory.rules.assessments import Purpose
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import MEDIUM, NOON, Cast, later
from tests.world import newest_entry, refused

MIGRATION = import_module("governance.inventory.migrations.0024_tools_determined_before")
TOOL = {"S1": False, "S2": False, "S3": False}
MODEL = {"S1": True, "S2": True, "S3": False}


@pytest.fixture
def tool(cast: Cast) -> Model:
    """A record that lacks nothing but a tier."""
    f.make_questionnaires(cast)
    record = ModelRecord(
        purpose="Declines what the policy rules out.", intended_use="Before scoring.", kind="RULES",
        owner=cast.owner, developers=[cast.developer],
    )  # fmt: skip
    return create_model(name="rules", unit=cast.unit, record=record, actor=cast.owner, at=NOON)


def decide(cast: Cast, model: Model, answers: dict[str, bool]) -> Determination:
    made = determine(
        model=model, answers=answers, reasons="So.", next_review_date=later(days=90).date(),
        actor=cast.owner, at=later(hours=Determination.objects.count() + 1),
    )  # fmt: skip
    model.refresh_from_db()
    return made


def is_complete(model: Model) -> bool:
    """Whether the record is, in every place that says so."""
    said = {
        not model.gaps,
        not record_gaps([model], at=NOON)[model.pk].lacking,
        not Model.objects.incomplete().filter(pk=model.pk).exists(),
        model.revisions.latest("number").is_complete,
    }
    assert len(said) == 1
    return said.pop()


class TestTheRecord:
    def test_is_complete_without_a_tier(self, cast: Cast, tool: Model) -> None:
        assert not is_complete(tool)
        made = decide(cast, tool, TOOL)
        assert (tool.is_tool, tool.tier, is_complete(tool)) == (True, None, True)
        entry, revision = newest_entry(tool.stream), tool.revisions.latest("number")
        assert (entry.verb, entry.subject) == ("model.determined", tool.ref)
        told = {tool.ref, made.ref, made.reasons.ref, revision.ref, revision.content.ref}
        assert told <= set(entry.states)

    def test_lacks_all_else_as_before(self, cast: Cast, tool: Model) -> None:
        Model.objects.filter(pk=tool.pk).update(intended_use="")
        tool.refresh_from_db()
        decide(cast, tool, TOOL)
        assert tool.gaps == ["an intended use"]
        assert Model.objects.incomplete().get() == tool

    def test_lacks_a_tier_again_once_it_is_a_model(self, cast: Cast, tool: Model) -> None:
        decide(cast, tool, TOOL)
        decide(cast, tool, MODEL)
        assert (tool.is_tool, tool.gaps, is_complete(tool)) == (False, ["a risk tier"], False)

    def test_is_one_of_a_model_once_its_tier_is_assessed(self, cast: Cast, tool: Model) -> None:
        decide(cast, tool, TOOL)
        with refused(InvalidInput):
            f.rate(cast, tool, MEDIUM | TOOL, at=later(hours=5))
        f.rate(cast, tool, at=later(hours=5))
        tool.refresh_from_db()
        assert (tool.is_tool, tool.tier, is_complete(tool)) == (False, 3, True)

    def test_deciding_the_same_again_writes_no_record(self, cast: Cast, tool: Model) -> None:
        decide(cast, tool, TOOL)
        count = tool.revisions.count()
        decide(cast, tool, TOOL)
        assert tool.revisions.count() == count
        assert tool.ref not in newest_entry(tool.stream).states


class TestItsVersions:
    @pytest.fixture
    def version(self, cast: Cast, tool: Model) -> ModelVersion:
        f.make_policies(cast)
        return f.make_version(cast, tool)

    @pytest.mark.parametrize("target", [Stage.STAGING, Stage.PRODUCTION])
    @pytest.mark.parametrize("is_rated", [False, True])
    def test_do_not_move(
        self, cast: Cast, tool: Model, version: ModelVersion, target: Stage, is_rated: bool
    ) -> None:
        """Also where there is a tier from before, by which a policy would be found."""
        if is_rated:
            f.rate(cast, tool, at=NOON)
        decide(cast, tool, TOOL)
        with refused(NotAModel) as caught:
            f.ask(cast, version, target)
        assert "determine that anew, or assess its tier" in caught.value.message

    def test_can_be_put_away(self, cast: Cast, tool: Model, version: ModelVersion) -> None:
        decide(cast, tool, TOOL)
        assert f.ask(cast, version, Stage.ARCHIVED).outcome == Outcome.MOVED

    def test_move_again_once_it_is_a_model(
        self, cast: Cast, tool: Model, version: ModelVersion
    ) -> None:
        decide(cast, tool, TOOL)
        f.rate(cast, tool, at=later(hours=5))
        assert f.ask(cast, version, Stage.STAGING).outcome in set(Outcome)

    def test_no_signature_lets_one_through_that_was_asked_for_before(self, cast: Cast) -> None:
        f.make_policies(cast)
        model = f.make_model(cast)
        f.make_questionnaires(cast)
        request = f.make_ready(cast, f.make_version(cast, model, metrics={"accuracy": "0.95"}))
        decide(cast, model, TOOL)
        with refused(NotAModel):
            f.sign(request, cast.validator, Role.VALIDATOR)


@pytest.mark.backend
class TestWhatWasDeterminedBefore:
    """As a portal left it that did not say so on the record."""

    def decided(self, cast: Cast, model: Model, rule: str = "SG3") -> Determination:
        row = needed_questionnaire(Purpose.TIERING)
        return Determination.objects.create(
            model=model, questionnaire=row, answers_text=canonical(TOOL), result="x", rule=rule,
            reasons=write_prose("So."), reviewer=cast.owner, decided_at=later(hours=1),
            next_review_date=later(days=90).date(),
        )  # fmt: skip

    def migrate(self, model: Model) -> None:
        for _ in range(2):
            MIGRATION.mark_tools(apps, None)
        model.refresh_from_db()

    def test_is_marked_and_complete_from_then_on(self, cast: Cast, tool: Model) -> None:
        row = self.decided(cast, tool)
        self.migrate(tool)
        assert (tool.is_tool, is_complete(tool)) == (True, True)
        revision = tool.revisions.get(number=2)
        assert (revision.is_carried, revision.written_at) == (True, row.decided_at)
        assert revision.values == tool.revisions.get(number=1).values
        assert verify().intact

    def test_what_lacks_more_gets_no_revision(self, cast: Cast, tool: Model) -> None:
        Model.objects.filter(pk=tool.pk).update(kind="")
        self.decided(cast, tool)
        self.migrate(tool)
        assert (tool.is_tool, tool.revisions.count()) == (True, 1)

    def test_what_is_a_model_stays_one(self, cast: Cast, tool: Model) -> None:
        self.decided(cast, tool, rule="SG2")
        self.migrate(tool)
        assert not tool.is_tool

    def test_so_does_what_was_rated_since(self, cast: Cast, tool: Model) -> None:
        self.decided(cast, tool)
        f.rate(cast, tool, at=later(hours=5))
        self.migrate(tool)
        assert not tool.is_tool
