"""Publishing questionnaires: once, for good, and only what the portal can stand by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction
from django.test import override_settings

from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import PermissionMissing, Role
from governance.core.errors import InvalidInput
from governance.inventory.actions import publish_questionnaire
from governance.inventory.apps import check_approvers
from governance.inventory.models import QuestionnaireVersion
from governance.inventory.queries.questionnaires import questionnaire_in_force
from governance.inventory.rules.assessments import Purpose
from tests import factories as f
from tests.factories import AI_ACT, NOON, TIERING, Cast
from tests.world import newest_entry, nothing_moves, refused

STRICTER = TIERING.replace("version: 1.1.0", "version: 1.2.0", 1)


def publish(
    actor: Any, text: str = TIERING, purpose: Purpose = Purpose.TIERING
) -> QuestionnaireVersion:
    return publish_questionnaire(text=text, purpose=purpose, actor=actor, at=NOON)


def rules_of(error: BaseException) -> set[tuple[str, str]]:
    assert isinstance(error, InvalidInput)
    return {(problem.field, problem.rule) for problem in error.problems}


class TestPublishing:
    def test_keeps_the_exact_text_and_its_digest(self, cast: Cast) -> None:
        row = publish(cast.compliance)
        assert (row.text, row.number, row.key, row.version) == (TIERING, 1, "mrm-tiering", "1.1.0")
        entry = newest_entry("firm")
        assert (entry.verb, entry.subject) == ("questionnaire.published", row.ref)
        assert entry.facts["digest"] == row.digest
        assert list(entry.states) == [row.ref]

    def test_what_asks_already_is_not_published_again(self, cast: Cast) -> None:
        first = publish(cast.compliance)
        with nothing_moves():
            assert publish(cast.compliance, f"# Only a remark.\n{TIERING}") == first

    def test_a_new_version_asks_from_then_on(self, cast: Cast) -> None:
        publish(cast.compliance)
        newer = publish(cast.compliance, STRICTER)
        assert newer.number == 2
        assert questionnaire_in_force(Purpose.TIERING) == newer

    def test_a_firm_brings_a_questionnaire_of_another_name(self, cast: Cast) -> None:
        publish(cast.compliance)
        own = publish(cast.compliance, TIERING.replace("id: mrm-tiering", "id: our-own"))
        assert (own.number, questionnaire_in_force(Purpose.TIERING)) == (2, own)

    def test_a_version_that_was_published_stays_what_it_is(self, cast: Cast) -> None:
        publish(cast.compliance)
        other = TIERING.replace("title: Inherent-risk tiering", "title: Tiering")
        with refused(InvalidInput) as caught:
            publish(cast.compliance, other)
        assert rules_of(caught.value) == {("spec.version", "version_taken")}

    def test_a_superseded_text_is_not_put_back_under_its_old_version(self, cast: Cast) -> None:
        publish(cast.compliance)
        publish(cast.compliance, STRICTER)
        with refused(InvalidInput) as caught:
            publish(cast.compliance)
        assert rules_of(caught.value) == {("spec.version", "version_taken")}

    @pytest.mark.parametrize("who", ["owner", "developer", "validator", "approver", "outsider"])
    def test_who_may_not(self, cast: Cast, who: str) -> None:
        with refused(PermissionMissing):
            publish(getattr(cast, who))

    def test_the_head_of_model_risk_may(self, cast: Cast) -> None:
        head: User = f.make_person("Hed Risk", Role.HEAD_OF_MODEL_RISK, unit=cast.root)
        assert publish(head).published_by == head.ref


class TestWhatIsNotPublished:
    @pytest.mark.parametrize(
        ("text", "purpose"), [(AI_ACT, Purpose.TIERING), (TIERING, Purpose.AI_ACT)]
    )
    def test_a_questionnaire_of_the_other_kind(
        self, cast: Cast, text: str, purpose: Purpose
    ) -> None:
        with refused(InvalidInput) as caught:
            publish(cast.compliance, text, purpose)
        assert rules_of(caught.value) == {("spec.kind", "purpose")}

    def test_one_with_a_tier_that_the_portal_does_not_know(self, cast: Cast) -> None:
        fifth = TIERING.replace(
            "{tier: 4, name: Low, min_raw: 0}",
            "{tier: 4, name: Low, min_raw: 20}\n  - {tier: 5, name: Least, min_raw: 0}",
        ).replace("tier_controls:", "x_tier_controls:")
        text = fifth[: fifth.index("x_tier_controls:")] + fifth[fifth.index("test_cases:") :]
        with refused(InvalidInput) as caught:
            publish(cast.compliance, text)
        assert rules_of(caught.value) == {("thresholds.tiers", "known_tier")}

    def test_one_with_a_class_that_the_portal_does_not_know(self, cast: Cast) -> None:
        text = AI_ACT.replace("GPAI_FOSS", "GPAI_OPEN")
        with refused(InvalidInput) as caught:
            publish(cast.compliance, text, Purpose.AI_ACT)
        ((place, rule),) = rules_of(caught.value)
        assert (place.startswith("outcomes["), rule) == (True, "known_class")

    def test_one_whose_approvers_stand_for_no_role(self, cast: Cast) -> None:
        with (
            override_settings(TIER_APPROVERS={"mrm_function": ("VALIDATOR",)}),
            refused(InvalidInput) as caught,
        ):
            publish(cast.compliance)
        place = "manual_override.downward.approvers"
        assert rules_of(caught.value) == {(place, "known_approver")}

    @pytest.mark.parametrize(
        "fact",
        [
            "minimum: 0, maximum: 4, default: 0, known_as: weather",
            "minimum: 0, maximum: 3, default: 0, known_as: consumer_tier",
            "minimum: 2, default: 4, known_as: consumer_tier",
        ],
    )
    def test_one_with_a_fact_that_the_portal_could_not_fill_in(self, cast: Cast, fact: str) -> None:
        known = "minimum: 0, maximum: 4, default: 0, known_as: consumer_tier"
        text = TIERING.replace(known, fact)
        # Its own cases and floors use the fact, and are not what this is about.
        text = text.replace("facts: {feeds_tier: [1]}", "answers: {E3: [enterprise_feeder]}")
        text = text.replace("  facts: {feeds_tier: 1}\n", "")
        with refused(InvalidInput) as caught:
            publish(cast.compliance, text)
        assert rules_of(caught.value) == {("facts[0].known_as", "known_fact")}

    @pytest.mark.parametrize(
        "when",
        [
            "{facts: {critical_operation: [true]}}",
            "{facts: {eu_ai_act_class: [prohibited, high_risk]}}",
            "{answers: {C1: [opaque]}}",
        ],
    )
    def test_one_with_a_block_that_no_gate_would_keep(self, cast: Cast, when: str) -> None:
        block = "{id: B1, when: {facts: {eu_ai_act_class: [prohibited]}}"
        text = TIERING.replace(block, f"{{id: B1, when: {when}").replace(", blocked_by: [B1]", "")
        with refused(InvalidInput) as caught:
            publish(cast.compliance, text)
        assert rules_of(caught.value) == {("blocks[0].when", "enforced")}


class TestTheCommand:
    def test_publishes_a_shipped_one_by_its_name(
        self, cast: Cast, capsys: pytest.CaptureFixture[str]
    ) -> None:
        call_command("load_questionnaire", "tiering", "--purpose", "tiering")
        row = QuestionnaireVersion.objects.get()
        assert row.published_by == CONSOLE.ref
        out = capsys.readouterr().out
        assert "mrm-tiering 1.1.0 asks for the Risk tier now." in out
        assert row.digest in out

    def test_publishes_the_firm_s_own_by_its_path(self, cast: Cast, tmp_path: Path) -> None:
        file = tmp_path / "ours.yaml"
        file.write_text(AI_ACT)
        call_command("load_questionnaire", str(file), "--purpose", "ai-act")
        assert QuestionnaireVersion.objects.get().purpose == Purpose.AI_ACT

    def test_says_what_is_wrong(self, cast: Cast, tmp_path: Path) -> None:
        file = tmp_path / "ours.yaml"
        file.write_text(AI_ACT.replace("kind: tree", "kind: bush"))
        with nothing_moves(), pytest.raises(CommandError, match=r"spec\.kind.*\[") as caught:
            call_command("load_questionnaire", str(file), "--purpose", "ai-act")
        assert caught.value.returncode == 1


@pytest.mark.backend
def test_a_published_version_refuses_to_be_changed(cast: Cast) -> None:
    publish(cast.compliance)
    for change in (
        lambda: QuestionnaireVersion.objects.update(text="spec: {}"),
        lambda: QuestionnaireVersion.objects.all()._raw_delete("default"),
    ):
        with nothing_moves(), pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("approvers", [{"mrm": ("WIZARD",)}, {"": ("VALIDATOR",)}])
def test_an_approver_who_is_no_role_stops_the_portal(approvers: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="TIER_APPROVERS"):
        check_approvers(approvers)
