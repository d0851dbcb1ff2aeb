"""An assessment that finds a prohibited practice bars every promotion from that moment on."""

from __future__ import annotations

import pytest

from governance.accounts.rules import Role
from governance.approvals.actions.rollbacks import rollback_case
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.standing import standing_of
from governance.approvals.rules.judgement import ChecksNotMet
from governance.approvals.rules.standing import ApprovalLapsed
from governance.registry.models import ModelVersion, Slot
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import Cast
from tests.http.portal.deciding import read
from tests.world import refused


def prohibit(cast: Cast, version: ModelVersion) -> None:
    """Answer that it infers emotions at the workplace, for no medical reason."""
    made = f.classify_model(cast, version.model, Q_P_F=True)
    assert (made.result["outcome"], made.result["matched"]) == ("PROHIBITED", ["5(1)(f)"])


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_questionnaires(cast)
    return f.make_version(cast, model, metrics={"accuracy": "0.95"})


@pytest.fixture
def complete(cast: Cast, version: ModelVersion) -> PromotionRequest:
    """A request that lacks nothing but the approver's signature."""
    request = f.make_ready(cast, version)
    f.sign(request, cast.validator, Role.VALIDATOR)
    return request


def now(request: PromotionRequest) -> PromotionRequest:
    return PromotionRequest.objects.with_version().get(pk=request.pk)


def test_the_last_signature_promotes_nothing(
    cast: Cast, version: ModelVersion, complete: PromotionRequest
) -> None:
    assert case_of(now(complete), at=f.NOON).judgement.unmet_checks == ()
    prohibit(cast, version)
    with refused(ChecksNotMet):
        f.sign(complete, cast.approver, Role.APPROVER)
    version.refresh_from_db()
    assert version.stage == Stage.STAGING


def test_an_open_request_says_so_at_once(
    cast: Cast, version: ModelVersion, complete: PromotionRequest
) -> None:
    assert "No prohibited practice" not in read(cast.approver, f"/decisions/{complete.pk}/")
    prohibit(cast, version)
    unmet = case_of(now(complete), at=f.NOON).judgement.unmet_checks
    assert [check.id for check in unmet] == ["not_prohibited"]
    page = read(cast.approver, f"/decisions/{complete.pk}/")
    assert "No prohibited practice" in page
    assert "No version of it goes live, and nobody can answer for that." in page


def test_not_even_to_staging(cast: Cast, version: ModelVersion) -> None:
    prohibit(cast, version)
    request = f.ask(cast, version, Stage.STAGING).request
    assert request is not None
    version.refresh_from_db()
    assert version.stage == Stage.DRAFT
    unmet = case_of(now(request), at=f.NOON).judgement.unmet_checks
    assert [check.id for check in unmet] == ["not_prohibited"]


def test_what_serves_has_lapsed_and_nothing_is_rolled_back_to(
    cast: Cast, version: ModelVersion
) -> None:
    f.make_champion(cast, version)
    second = f.make_version(cast, version.model, metrics={"accuracy": "0.96"}, artifact="b" * 64)
    f.make_champion(cast, second)
    slot = Slot.objects.get(model=version.model)
    assert rollback_case(slot, at=f.NOON).version == version
    prohibit(cast, version)
    second = ModelVersion.objects.with_model().get(pk=second.pk)
    standing = standing_of(second, slot, at=f.NOON)
    assert standing is not None
    assert [reason.rule for reason in standing.reasons] == ["not_prohibited"]
    with pytest.raises(ApprovalLapsed):
        rollback_case(slot, at=f.NOON)


def test_another_answer_lets_it_go_on(
    cast: Cast, version: ModelVersion, complete: PromotionRequest
) -> None:
    """For a safety reason it is not prohibited; what was signed before is signed anew."""
    prohibit(cast, version)
    f.classify_model(cast, version.model, Q_P_F=True, Q_P_F_X=True)
    f.sign(complete, cast.validator, Role.VALIDATOR)
    f.sign(complete, cast.approver, Role.APPROVER)
    version.refresh_from_db()
    assert version.stage == Stage.PRODUCTION
