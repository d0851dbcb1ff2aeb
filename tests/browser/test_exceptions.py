"""Manual checks, overrides, conditions, emergencies and lent seats in a real browser."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from governance.accounts.models import User
from governance.approvals.actions import propose_override, tick_check
from governance.approvals.models import Condition, PolicyVersion, PromotionRequest
from governance.inventory.models import Campaign, Waiver
from governance.registry.rules import Stage
from tests import factories as f
from tests.browser import test_look
from tests.browser.test_look import NARROW, WIDE, Open, overflow, sign_in, violations
from tests.deciding_rules import Bench, make_bench, stage_of
from tests.factories import NOON, PASSWORD
from tests.http.portal.test_decision_exceptions import days_ahead
from tests.upkeep import campaign, waiver

opened = test_look.opened
Scene = tuple[str, Bench, PromotionRequest]


@pytest.fixture
def scene(live_server: LiveServer) -> Scene:
    """A version whose accuracy is too low, with one of two signatures under an override."""
    bench, at = make_bench(f.make_cast(), accuracy="0.88"), timezone.now()
    request = bench.request()
    propose_override(
        request_id=request.pk, check_id="metric.accuracy", reason="The old one fails.",
        control="Looked at by hand.", expires_date=days_ahead(20),
        proof=f.make_proof(bench.head, at=at), actor=bench.head, at=at,
    )  # fmt: skip
    campaign(bench.cast, due_date=days_ahead(20), repeat_months=1)
    waiver(bench.model, bench.cast.owner, expires_date=days_ahead(20), at=at, starts_date=at.date())
    return live_server.url, bench, request


def pages_of(bench: Bench, request: PromotionRequest) -> list[tuple[User, str]]:
    decision = f"/decisions/{request.pk}/"
    override, campaign_page = request.overrides.get(), f"/attestations/{Campaign.objects.get().pk}/"
    return [
        (bench.second_head, decision),
        (bench.cast.compliance, f"{decision}checks/manual.legal-basis/"),
        (bench.head, f"{decision}checks/metric.accuracy/override/"),
        (bench.second_head, f"{decision}overrides/{override.pk}/"),
        (bench.cast.developer, "/models/churn-model/versions/1/emergency/"),
        (bench.cast.approver, "/delegations/"),
        (bench.head, "/challenge/"),
        (bench.cast.compliance, "/policies/rehearse/"),
        (bench.cast.validator, "/models/churn-model/review/"),
        (bench.cast.compliance, campaign_page),
        (bench.cast.compliance, "/attestations/new/"),
        (bench.cast.owner, f"{campaign_page}models/churn-model/"),
        (bench.head, f"/waivers/{Waiver.objects.get().pk}/"),
        (bench.cast.approver, f"/policies/{PolicyVersion.objects.get(key='to-production').pk}/"),
    ]


@pytest.mark.parametrize(("scheme", "width"), [("light", WIDE), ("dark", NARROW)])
def test_each_page_reads_well(scene: Scene, opened: Open, scheme: str, width: int) -> None:
    base, bench, request = scene
    found = {}
    for person, path in pages_of(bench, request):
        page = opened(base, width=width, color_scheme=scheme)
        sign_in(page, person)
        page.goto(path)
        found[path] = (violations(page), overflow(page))
    assert {path: said for path, said in found.items() if said != ([], 0)} == {}


def test_from_a_failing_check_to_a_signature_on_conditions(scene: Scene, opened: Open) -> None:
    base, bench, request = scene
    tick_check(
        request_id=request.pk, check_id="manual.legal-basis", holds=True, note="Filed.",
        actor=bench.cast.compliance, at=NOON,
    )  # fmt: skip
    page = opened(base)
    sign_in(page, bench.second_head)
    page.goto("/")
    page.get_by_role("link", name="Sign or leave the override").first.click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign the override").click()
    expect(page.get_by_text("You signed the override of “Accuracy”.")).to_be_visible()

    page = opened(base)
    sign_in(page, bench.cast.validator)
    page.goto(f"/decisions/{request.pk}/")
    expect(page.get_by_role("heading", name="with 1 failing check to judge")).to_be_visible()
    page.get_by_text("On conditions").click()
    page.get_by_role("button", name="Review and sign").click()
    first = page.get_by_role("group", name="Condition 1")
    first.get_by_label("What must be done").fill("Watch the youngest.")
    page.get_by_label("Why on conditions").fill("Fit, if this is done.")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve with conditions").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_text("Say by when it must be done.")).to_be_visible()
    first.get_by_label("By when").fill(days_ahead(60).isoformat())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve with conditions").click()
    expect(page.get_by_text("You signed as validator.")).to_be_visible()
    assert str(Condition.objects.get().text) == "Watch the youngest."


def test_an_emergency_is_asked_for_signed_and_told(scene: Scene, opened: Open) -> None:
    base, bench, _ = scene
    page = opened(base)
    sign_in(page, bench.cast.developer)
    page.goto("/models/churn-model/versions/1/emergency/")
    page.get_by_label("What the emergency is").fill("Fraud wave.")
    page.get_by_role("button", name="Ask in an emergency").click()
    expect(page.get_by_text("An emergency.", exact=True)).to_be_visible()
    path = page.url
    for signer in (bench.cast.approver, bench.cast.second_approver):
        page = opened(base)
        sign_in(page, signer)
        page.goto(path)
        page.get_by_role("button", name="Review and sign").click()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("It was the last signature")).to_be_visible()
    assert stage_of(bench.version) == Stage.PRODUCTION
    assert violations(page) == []
