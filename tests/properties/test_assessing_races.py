"""Questionnaires, assessments and overrides at once: one counts, and the others are told."""

from __future__ import annotations

import pytest

from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.models import DossierCopy, PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import DossierChanged
from governance.audit.verification import verify
from governance.core.errors import DomainError, InvalidInput
from governance.inventory.actions import (
    approve_tier_override,
    assess_tier,
    propose_tier_override,
    publish_questionnaire,
)
from governance.inventory.models import (
    Assessment,
    Model,
    QuestionnaireVersion,
    TierAssessment,
    TierOverride,
    TierOverrideApproval,
)
from governance.inventory.queries.assessments import assessment_base
from governance.inventory.queries.known_facts import known_facts
from governance.inventory.queries.questionnaires import needed_questionnaire, scorecard_of
from governance.inventory.rules.assessments import (
    AssessmentChanged,
    OverrideNotOpen,
    Purpose,
)
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.properties.test_races import at_once
from tests.reviewing import entries

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 6
LATER = f.later(hours=1)


@pytest.fixture
def cast() -> f.Cast:
    return f.make_cast()


def refusals(answers: list[object]) -> list[type]:
    return [type(answer) for answer in answers if isinstance(answer, DomainError)]


def test_one_text_is_published_once(cast: f.Cast) -> None:
    answers = at_once(
        lambda _: publish_questionnaire(
            text=f.TIERING, purpose=Purpose.TIERING, actor=cast.compliance, at=f.NOON
        ),
        THREADS,
    )
    assert refusals(answers) == []
    assert QuestionnaireVersion.objects.count() == len(entries("questionnaire.published")) == 1
    assert verify().intact


def test_of_many_texts_of_one_version_one_is_published(cast: f.Cast) -> None:
    answers = at_once(
        lambda i: publish_questionnaire(
            text=f.TIERING.replace("title: Inherent-risk tiering", f"title: Tiering {i}"),
            purpose=Purpose.TIERING, actor=cast.compliance, at=f.NOON,
        ),
        THREADS,
    )  # fmt: skip
    assert refusals(answers) == [InvalidInput] * (THREADS - 1)
    assert QuestionnaireVersion.objects.get().number == 1


def test_what_many_confirm_is_recorded_once(cast: f.Cast) -> None:
    """The first changes the record that the others saw: the tier is part of it."""
    model = f.make_model(cast, tier=2)
    f.make_questionnaires(cast)
    row = needed_questionnaire(Purpose.TIERING)
    card = scorecard_of(row)
    facts = card.facts_with(known_facts(model, card, at=LATER).values)
    base = assessment_base(model, row, f.MEDIUM, facts)
    answers = at_once(
        lambda _: assess_tier(
            model=model, answers=f.MEDIUM, facts={}, base=base, actor=cast.owner, at=LATER
        ),
        THREADS,
    )
    assert refusals(answers) == [AssessmentChanged] * (THREADS - 1)
    assert Assessment.objects.count() == len(entries("tier.assessed")) == 1
    assert verify().intact


def test_of_many_in_one_chair_one_sits(cast: f.Cast) -> None:
    model = f.make_model(cast, tier=2)
    f.make_questionnaires(cast)
    f.rate(cast, model)
    override = propose_tier_override(
        model=model, to_tier=1, rationale="Feeds another.", days=None, actor=cast.owner, at=LATER
    )
    people = [f.make_person(f"Vera {name}", Role.VALIDATOR, unit=cast.unit) for name in "ABCDEF"]
    answers = at_once(
        lambda i: approve_tier_override(
            override=TierOverride.objects.select_related("assessment__model").get(pk=override.pk),
            capacity="mrm_function", digest_seen=override.digest,
            proof=f.make_proof(people[i], at=LATER), actor=people[i], at=LATER,
        ),
        THREADS,
    )  # fmt: skip
    assert len(refusals(answers)) == THREADS - 1
    assert set(refusals(answers)) <= {OverrideNotOpen, PermissionMissing}
    assert TierOverrideApproval.objects.count() == 1
    assert TierAssessment.objects.filter(override=override).count() == 1
    assert verify().intact


def test_no_promotion_slips_past_a_tier_that_changes_beside_it(cast: f.Cast) -> None:
    """Either the last signature counts for Tier 3, or it finds the dossier of another tier."""
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    version = f.make_version(cast, model, metrics={"accuracy": "0.95"})
    request = f.make_ready(cast, version)
    f.sign(request, cast.validator, Role.VALIDATOR)

    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    seen = case_of(fresh, at=f.NOON).digest

    def act(i: int) -> object:
        if i:
            return f.sign(request, cast.approver, Role.APPROVER, digest=seen)
        return f.rate(cast, Model.objects.get(), f.CREDIT)

    answers = at_once(act, 2)
    assert refusals(answers) in ([], [DossierChanged])
    is_live = ModelVersion.objects.get().stage == Stage.PRODUCTION
    assert is_live is not bool(refusals(answers))
    assert Model.objects.get().tier == 1
    if is_live:
        decided = PromotionRequest.objects.get(pk=request.pk).decided_digest
        assert DossierCopy.objects.get(digest=decided).dossier.model.tier == 3
    assert verify().intact
