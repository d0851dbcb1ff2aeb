"""Checks with guardrails, and checks that depend on the day, from the question to the pack."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import case_of
from governance.approvals.rules.judgement import ChecksNotMet
from governance.core.canonical import canonical
from governance.evidence.actions.making import context
from governance.evidence.queries.collecting import collect
from governance.evidence.rules.reading import Evidence
from governance.portal.pages.changes import changes, people_in
from governance.registry.rules import Stage
from tests import factories
from tests.factories import NOON, Cast, sign
from tests.http.portal.deciding import everybody_signs_in, read
from tests.world import refused

GUARDED = """\
policy: to-production
title: To Production
applies_to: {target: PRODUCTION, from: [STAGING]}
gates:
  - check: champion_challenger
    metric: accuracy
    delta: 0.005
    guardrails:
      - {metric: p99_latency_ms, at_most: 200, unit: ms, label: p99 latency}
      - {metric: fairness_gap, at_most: 0.050, label: Fairness gap}
  - {check: report_approved, max_age_days: 3650}
  - {check: tier_assessed, max_age_days: 30}
sign_offs:
  - {role: VALIDATOR, meaning: "I find this version fit for the stated use."}
  - {role: APPROVER, meaning: "I approve this version for the stated use."}
"""
GOOD = {"accuracy": "0.95", "p99_latency_ms": "180", "fairness_gap": "0.030"}
MONTH = timedelta(days=30)


@pytest.fixture
def waiting(cast: Cast) -> PromotionRequest:
    """The first version waits for its signatures; nobody serves yet."""
    everybody_signs_in(cast)
    factories.make_policies(cast)
    factories.make_policy(cast, GUARDED)
    version = factories.make_version(cast, factories.make_model(cast), metrics=GOOD)
    return factories.make_ready(cast, version)


def test_the_page_shows_each_guardrail_below_its_check(
    cast: Cast, waiting: PromotionRequest
) -> None:
    sign(waiting, cast.validator, Role.VALIDATOR)
    sign(waiting, cast.approver, Role.APPROVER)
    slow = GOOD | {"accuracy": "0.97", "p99_latency_ms": "240"}
    second = factories.make_version(cast, waiting.model, metrics=slow, artifact="b" * 64)
    request = factories.make_ready(cast, second)
    page = read(cast.approver, f"/decisions/{request.pk}/")
    assert "Keep the champion: p99_latency_ms is 240 ms, at most 200 ms." in page
    assert page.index("accuracy against champion") < page.index("Guardrail: p99 latency")
    assert "Guardrail: Fairness gap" in page
    with refused(ChecksNotMet):
        sign(request, cast.approver, Role.APPROVER)
    version_page = read(cast.owner, f"/models/{waiting.model.name}/versions/2/")
    assert "p99_latency_ms" in version_page


def test_time_alone_voids_no_signature_and_is_judged_again_at_the_change(
    cast: Cast, waiting: PromotionRequest
) -> None:
    sign(waiting, cast.validator, Role.VALIDATOR)
    last, after = NOON + MONTH, NOON + MONTH + timedelta(days=1)
    fresh = PromotionRequest.objects.with_version().get(pk=waiting.pk)
    before, then = case_of(fresh, at=last), case_of(fresh, at=after)
    assert before.digest == then.digest
    assert not then.judgement.stale
    assert [check.id for check in before.judgement.unmet_checks] == []
    assert [check.id for check in then.judgement.unmet_checks] == ["tier_assessed"]
    with refused(ChecksNotMet):
        sign(waiting, cast.approver, Role.APPROVER, at=after)
    sign(waiting, cast.approver, Role.APPROVER, at=last)
    waiting.version.refresh_from_db()
    assert waiting.version.stage == Stage.PRODUCTION


def test_what_changed_is_told_of_checks_without_an_outcome_too(
    cast: Cast, waiting: PromotionRequest
) -> None:
    fresh = PromotionRequest.objects.with_version().get(pk=waiting.pk)
    before = case_of(fresh, at=NOON).dossier
    factories.make_report(cast, waiting.version, at=NOON + timedelta(days=2))
    after = case_of(fresh, at=NOON).dossier
    names = dict.fromkeys(people_in(before, after), "somebody")
    [told] = [one for one in changes(before, after, names=names) if one.title == "Checks"]
    words = "".join(piece.text for line in told.lines for piece in line.pieces)
    assert "signed 2 Mar 2026, required signed, fit for use" in words
    assert "signed 4 Mar 2026, required signed, fit for use" in words


def test_a_pack_prints_a_timed_check_as_it_was_when_it_was_decided(
    cast: Cast, waiting: PromotionRequest
) -> None:
    sign(waiting, cast.validator, Role.VALIDATOR)
    sign(waiting, cast.approver, Role.APPROVER)
    text = canonical(collect([waiting.model]))
    page = render_to_string(
        "pdf/evidence-pack.html", dict(context(Evidence(text), "d" * 64)), using="jinja2"
    )
    row = page.partition("Risk tier assessed")[2].partition("</tr>")[0]
    assert "2 Mar 2026" in row
    assert "Pass" in row


def test_the_schema_is_given_out_to_whoever_signed_in(cast: Cast) -> None:
    everybody_signs_in(cast)
    schema = json.loads(read(cast.outsider, "/policies/schema.json"))
    assert schema["title"] == "Promotion policy"
    assert "champion_challenger" in schema["$defs"]
    assert "/policies/schema.json" in read(cast.compliance, "/policies/new/")


def test_the_schema_is_given_out_to_nobody_else(client: object, db: None) -> None:
    answer = client.get("/policies/schema.json")  # type: ignore[attr-defined]
    assert answer.status_code == 302
    assert "/sign-in/" in answer["Location"]
