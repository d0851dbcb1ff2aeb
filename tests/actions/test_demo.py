"""The demo: made once, through the domain, and what scripts are told of it."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.queries import token_holder
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.evidence.models import CoverageSnapshot, FiledEvidence, Inapplicability
from governance.evidence.queries.coverage import coverage_of
from governance.evidence.rules.coverage import CoverageState
from governance.inventory.models import CustomField, Model, RuleScope
from governance.inventory.queries import consumers_of
from governance.inventory.queries.assessments import newest_rating
from governance.registry.models import BundlePart, Deprecation, ModelVersion
from governance.registry.rules import Stage
from tests import factories as f


def seeded(*options: str) -> Any:
    out = StringIO()
    call_command("seed_demo", *options, stdout=out)
    return json.loads(out.getvalue()) if "--json" in options else out.getvalue()


def unmet() -> dict[str, list[str]]:
    """What stands against each open request under the shipped policies, by model."""
    requests = PromotionRequest.objects.open().with_version()
    cases = [case_of(request, at=timezone.now()) for request in requests]
    return {
        case.version.model.name: [check.id for check in case.judgement.unmet_checks]
        for case in cases
    }


def scopes() -> dict[str, int]:
    """How many scopes of rules a model has, where there is more than the first one."""
    assert Model.objects.filter(rule_scopes__number=1).count() == Model.objects.count()
    later = RuleScope.objects.latest_only().filter(number__gt=1).select_related("model")
    return {row.model.name: row.number for row in later}


@pytest.mark.django_db
def test_the_demo_is_made_once_and_whole() -> None:
    first = seeded("--json")
    entries = LedgerEntry.objects.count()
    second = seeded("--json")

    assert Model.objects.count() == len(first["models"]) == 15
    assert {person["role"] for person in first["people"]} == {
        "MODEL_OWNER", "DEVELOPER", "VALIDATOR", "APPROVER", "COMPLIANCE", "HEAD_OF_MODEL_RISK",
        "ADMINISTRATOR",
    }  # fmt: skip
    assert set(ModelVersion.objects.values_list("stage", flat=True)) == set(Stage.values)
    assert unmet() == {
        "card-fraud-gbm": [],  # overridden
        "cv-screening": ["no_open_finding.high"],
        "retail-pd-scorecard": [],
        "support-copilot": [],
    }
    assert set(BundlePart.objects.values_list("kind", flat=True)) >= {"BASE_MODEL", "TOOL"}
    assert ModelVersion.objects.exclude(label="").count() == 4
    assert Deprecation.objects.get().version.stage == Stage.PRODUCTION
    assert set(Model.objects.exclude(origin="").values_list("origin", flat=True)) >= {
        "IN_HOUSE", "VENDOR", "SPREADSHEET", "RULE_SET",
    }  # fmt: skip
    assert Model.objects.get(name="branch-cash-demand").retired_at is not None
    assert consumers_of(
        Model.objects.get(name="bureau-score"), actor=User.objects.get(name="Ingrid Solheim"),
        at=timezone.now(),
    ).total == 3  # fmt: skip
    assert CustomField.objects.count() == 2
    assert set(scopes()) >= {"cv-screening", "support-copilot"}
    assert verify().intact

    # The second call issued tokens and did nothing else.
    assert LedgerEntry.objects.count() == entries + len(second["tokens"])
    assert first["people"] == second["people"]
    for name, secret in second["tokens"].items():
        assert secret != first["tokens"][name]
        holder = token_holder(secret, at=timezone.now())
        assert holder is not None
        assert holder.service.name == name


@pytest.mark.django_db
def test_everybody_it_names_can_sign_in() -> None:
    for person in seeded("--json")["people"]:
        user = User.objects.get(email=person["email"])
        assert user.is_demo
        assert user.check_password(person["password"])


def test_it_keeps_away_from_real_accounts(cast: f.Cast) -> None:
    before = User.objects.count()
    with pytest.raises(CommandError, match="real accounts"):
        seeded()
    assert User.objects.count() == before


@pytest.mark.django_db
def test_every_model_was_assessed_by_questionnaire() -> None:
    seeded()
    for model in Model.objects.exclude(owner=None):
        if rating := newest_rating(model):
            assert rating.assessment is not None, model
        else:
            assert model.determinations.get().result == "non_model_tool", model
        assert (model.determinations.count(), model.class_assessments.count()) == (1, 1)
    overridden = Model.objects.get(name="collections-next-action")
    assert (overridden.tier, overridden.tier_after) == (2, 1)
    assert overridden.tier_at(timezone.now()) == 2
    again = Model.objects.get(name="card-fraud-gbm").tier_assessments
    assert list(again.order_by("assessed_at").values_list("tier", flat=True)) == [2, 1]
    assert Model.objects.get(name="agent-mood-monitor").ai_act_class == "PROHIBITED"


@pytest.mark.django_db
def test_coverage_shows_every_state_and_what_people_filed() -> None:
    seeded()
    models = list(Model.objects.in_use().select_related("unit"))
    found = coverage_of(models, at=timezone.now())
    rows = [one for each in found.values() for one in each]
    assert {one.state for one in rows} == set(CoverageState)
    items = [item for one in rows for item in one.items]
    assert any(item.stale for item in items)
    assert any(item.ref.startswith("filed_evidence:") for item in items)
    assert FiledEvidence.objects.exclude(withdrawal=None).count() == 1
    assert Inapplicability.objects.holding(timezone.now().date()).count() == 1
    assert CoverageSnapshot.objects.values("taken_at").distinct().count() == 3
