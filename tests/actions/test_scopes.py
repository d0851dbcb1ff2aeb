"""The scope of rules of a model: kept when something changed, with the entry of what changed it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import override_settings

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import SystemActor
from governance.accounts.rules import PermissionMissing
from governance.inventory.actions import create_model, edit_model, recompute_scope
from governance.inventory.firm import check_frameworks
from governance.inventory.models import Model, RuleScope
from governance.inventory.queries.scopes import (
    changes_between,
    computed_scope,
    latest_scope,
    scope_counts,
    scopes_naming,
)
from governance.inventory.rules.frameworks import Answer, Status, sentence
from tests import factories as f
from tests.factories import NOON, Cast
from tests.rules.test_frameworks import OWN, own
from tests.world import newest_entry, nothing_moves, refused

LATER = datetime(2026, 11, 21, 12, tzinfo=UTC)
SCOPES = SystemActor(name="scopes", held=frozenset({Permission.MODEL_EDIT}))
HIGH_RISK = {"ai_act_class": "HIGH_RISK_ANNEX_III", "ai_act_reason": "It decides on loans."}


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def folder(model: Model, tmp_path: Path) -> Iterator[Path]:
    """A folder of the firm's own files of frameworks, that came after the model."""
    (tmp_path / "own.yaml").write_text(OWN)
    with override_settings(FRAMEWORKS_DIR=str(tmp_path)):
        yield tmp_path


def edit(cast: Cast, model: Model, **changed: object) -> Model:
    record = f.edited_record(model, **changed)
    return edit_model(model=model, record=record, actor=cast.owner, at=LATER)


def answer(row: RuleScope | None, framework: str) -> Answer:
    assert row is not None
    return [one for one in row.answers if one.framework == framework][-1]


class TestKeeping:
    def test_a_draft_has_a_scope_that_says_what_is_unknown(self, cast: Cast) -> None:
        model = create_model(name="raw", unit=cast.unit, actor=cast.developer, at=NOON)
        row = RuleScope.objects.get(model=model)
        assert (row.number, row.cause, row.facts) == (1, "CREATED", {})
        assert row.ref in newest_entry(model.stream).states
        said = answer(row, "eu-ai-act-deployer")
        assert (said.status, said.unknown) == (Status.UNKNOWN, ("ai_act_class",))

    def test_another_class_is_another_scope_in_the_entry_of_the_edit(
        self, cast: Cast, model: Model
    ) -> None:
        before = latest_scope(model)
        edit(cast, model, **HIGH_RISK)
        row = latest_scope(model)
        assert row is not None
        assert (row.number, row.cause, row.computed_at) == (2, "RECORD", LATER)
        assert row.ref in newest_entry(model.stream).states
        assert answer(row, "eu-ai-act-deployer").status == Status.APPLIES
        assert sentence(changes_between(row, LATER, before)[0]) == (
            "EU AI Act, deployer: now applies from 2 December 2027, because the firm uses a system "
            "that is high risk in an area of Annex III; before: unknown until the EU AI Act class "
            "is recorded."
        )

    @pytest.mark.parametrize(
        "changed", [{"purpose": "Says who may leave."}, {"tier": 1, "tier_reason": "Worse."}]
    )
    def test_what_no_rule_asks_for_leaves_the_scope_alone(
        self, cast: Cast, model: Model, changed: dict[str, object]
    ) -> None:
        edit(cast, model, **changed)
        assert RuleScope.objects.filter(model=model).count() == 1

    def test_facts_are_kept_though_no_answer_changes(self, cast: Cast, model: Model) -> None:
        edit(cast, model, jurisdictions=["DE"])
        before = latest_scope(model)
        edit(cast, model, jurisdictions=["DE", "FR"])
        row = latest_scope(model)
        assert row is not None
        assert (row.number, row.facts["jurisdictions"]) == (3, ["DE", "FR"])
        assert changes_between(row, LATER, before) == []

    def test_what_is_not_recorded_stays_unknown(self, cast: Cast, model: Model) -> None:
        edit(cast, model, **HIGH_RISK)
        row = latest_scope(model)
        assert answer(row, "eu-ai-act-high-risk-provider").unknown == ("origin",)
        assert "determination" in answer(row, "sr-26-2").unknown

    @pytest.mark.parametrize("column", ["result_text", "facts_text", "digest", "cause"])
    def test_a_scope_is_never_edited(self, model: Model, column: str) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            RuleScope.objects.filter(model=model).update(**{column: "RECORD"})
        with pytest.raises(DatabaseError), transaction.atomic():
            RuleScope.objects.filter(model=model).delete()


class TestRecomputing:
    def test_the_same_again_appends_nothing(self, model: Model) -> None:
        with nothing_moves():
            assert recompute_scope(model=model, actor=SCOPES, at=LATER) is None

    @pytest.mark.usefixtures("folder")
    def test_a_file_more_is_another_scope_with_its_own_entry(self, model: Model) -> None:
        row = recompute_scope(model=model, actor=SCOPES, at=LATER)
        assert row is not None
        entry = newest_entry(model.stream)
        assert (entry.verb, list(entry.states)) == ("scope.recomputed", [row.ref])
        assert entry.facts == {"number": 2, "cause": "FRAMEWORKS", "changed": ["own-policy"]}
        assert row.catalogue_digest != RuleScope.objects.get(model=model, number=1).catalogue_digest

    @override_settings(FIRM_FRAMEWORKS={"ml-test-score": "2026-01-01"})
    def test_what_the_firm_takes_on_applies_from_that_day(self, model: Model) -> None:
        row = recompute_scope(model=model, actor=SCOPES, at=LATER)
        said = answer(row, "ml-test-score")
        assert (said.status, str(said.from_date)) == (Status.APPLIES, "2026-01-01")

    @pytest.mark.parametrize("who", ["developer", "validator", "approver", "compliance"])
    @pytest.mark.usefixtures("folder")
    def test_who_may_not(self, cast: Cast, model: Model, who: str) -> None:
        actor: User = getattr(cast, who)
        with refused(PermissionMissing):
            recompute_scope(model=model, actor=actor, at=LATER)


class TestCommand:
    def told(self, *options: str) -> str:
        out = StringIO()
        call_command("recompute_scopes", *options, stdout=out)
        return out.getvalue()

    @pytest.mark.usefixtures("folder")
    def test_it_shows_first_and_keeps_when_told(self, model: Model) -> None:
        with nothing_moves():
            shown = self.told()
        assert "churn-model\n  Own policy: now does not apply" in shown
        assert "1 model would change. Keep that with --apply." in shown
        assert "Kept for 1 model." in self.told("--apply")
        assert latest_scope(model) == RuleScope.objects.get(model=model, number=2)
        with nothing_moves():
            assert self.told("--apply") == "Every scope is as it is on record.\n"

    def test_a_model_of_an_older_portal_gets_its_first_scope(self, cast: Cast) -> None:
        older = f.make_unscoped_model(cast, name="older")
        assert "older\n  Nothing is on record yet." in self.told()
        self.told("--apply")
        assert RuleScope.objects.get(model=older).cause == "FRAMEWORKS"

    def test_a_wrong_file_stops_it(self, model: Model, folder: Path) -> None:
        (folder / "own.yaml").unlink()
        (folder / "wrong.yaml").write_text("framework: {}")
        with pytest.raises(CommandError, match=r"wrong\.yaml"):
            self.told()


class TestWhatTheOperatorSays:
    @pytest.mark.parametrize(
        ("settings", "said"),
        [
            ({"FRAMEWORKS_DIR": "/nowhere/at/all"}, "is no folder"),
            ({"FIRM_FRAMEWORKS": {"sr-99": ""}}, "there is no framework sr-99"),
            ({"FIRM_FRAMEWORKS": {"sr-26-2": "May"}}, "names no day"),
            ({"FIRM_FACTS": {"headcount": "7"}}, "no fact headcount"),
            ({"FIRM_FACTS": {"significant_model_risk": "maybe"}}, "is never maybe"),
        ],
    )
    def test_a_setting_that_cannot_be_is_refused_at_the_start(
        self, settings: dict[str, object], said: str
    ) -> None:
        with override_settings(**settings):
            assert said in str(check_frameworks()[0])
        assert check_frameworks() == []

    def test_so_is_a_file(self, folder: Path) -> None:
        (folder / "two.yaml").write_text(own("two", supersedes="none"))
        assert "There is no framework none" in str(check_frameworks()[0])


def test_counting_and_listing_see_the_newest_scope_alone(cast: Cast, model: Model) -> None:
    other = f.make_model(cast, name="other")
    edit(cast, other, **HIGH_RISK)
    models = Model.objects.all()
    assert scope_counts(models)["eu-ai-act-deployer"] == (1, 1)
    assert [row.model.name for row in scopes_naming("eu-ai-act-deployer", models)] == [
        "churn-model", "other",
    ]  # fmt: skip
    assert not scopes_naming("ai-act", models).exists()
    edit(cast, model, ai_act_class="MINIMAL", ai_act_reason="Advises.")
    assert scope_counts(models)["eu-ai-act-deployer"] == (1, 0)


@override_settings(FIRM_FACTS={"us_banking_organization": "no"})
def test_facts_of_the_firm_decide_with_those_of_the_model(model: Model) -> None:
    said = [one for one in computed_scope(model).answers if one.framework == "sr-26-2"]
    assert [one.status for one in said] == [Status.DOES_NOT_APPLY]
