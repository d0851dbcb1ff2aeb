"""Deciding in a real browser: with and without script, by keyboard, on a phone, in either theme."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy
from governance.approvals.models import PromotionRequest
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories
from tests.browser import test_look
from tests.browser.test_look import NARROW, Open, overflow, sign_in, violations
from tests.factories import NOON, PASSWORD, Cast, sign
from tests.http.portal.deciding import challenger

portal = test_look.portal
opened = test_look.opened

Served = tuple[str, Cast]


def only_request() -> PromotionRequest:
    return PromotionRequest.objects.with_version().get(target=Stage.PRODUCTION)


def signs(page: Page, user: User, path: str) -> None:
    """Go from the evidence to the signature, as a person does."""
    sign_in(page, user)
    page.goto(path)
    page.get_by_role("button", name="Review and sign").click()
    expect(page.get_by_text("By signing I state")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("You signed as")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_two_people_sign_and_the_version_is_live(
    portal: Served, opened: Open, script: bool
) -> None:
    base, cast = portal
    path = f"/decisions/{only_request().pk}/"
    signs(opened(base, java_script_enabled=script), cast.validator, path)
    page = opened(base, java_script_enabled=script)
    signs(page, cast.approver, path)
    expect(page.get_by_text("It was the last signature")).to_be_visible()
    expect(page.get_by_role("heading", name="Approved on")).to_be_visible()
    expect(page.locator(".signature .name")).to_have_text(["Vera Valid", "Arno Approver"])
    assert ModelVersion.objects.get().stage == Stage.PRODUCTION


def test_the_whole_way_goes_by_keyboard(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.validator)
    page.goto(f"/decisions/{only_request().pk}/")
    tab_to(page, "Review and sign")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check what you sign")).to_be_visible()
    tab_to(page, "password")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("You signed as validator.")).to_be_visible()


def tab_to(page: Page, wanted: str) -> None:
    """Press Tab until the control with this text or name has the focus."""
    said = "(document.activeElement.textContent || document.activeElement.name || '').trim()"
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate(said) == wanted:
            return
    pytest.fail(f"{wanted!r} cannot be reached by keyboard")


def test_a_wrong_password_moves_the_focus_to_what_is_wrong(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.approver)
    page.goto(f"/decisions/{only_request().pk}/sign/?decision=REJECT")
    page.get_by_label("Why you reject it").fill("The holdout is too small.")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign and reject").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Why you reject it")).to_have_value("The holdout is too small.")
    assert violations(page) == []


def test_what_changed_while_one_read_is_shown_before_anything_is_signed(
    portal: Served, opened: Open
) -> None:
    base, cast = portal
    request = only_request()
    page = opened(base)
    sign_in(page, cast.approver)
    page.goto(f"/decisions/{request.pk}/")
    factories.make_report(cast, request.version, at=factories.later(hours=1))
    page.get_by_role("button", name="Review and sign").click()
    expect(page.get_by_role("heading", name="Nothing was signed")).to_be_visible()
    expect(page.get_by_role("heading", name="Validation report")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Review what stands now").click()
    expect(page.get_by_role("heading", name="Check what you sign")).to_be_visible()


@pytest.fixture
def addresses(portal: Served) -> list[str]:
    """Every page around a decision, open and decided, and those of policies."""
    _, cast = portal
    first = only_request()
    sign(first, cast.validator, Role.VALIDATOR, comment="Reperformed on the holdout.")
    sign(first, cast.approver, Role.APPROVER)
    second = challenger(cast, first.version)
    sign(second, cast.validator, Role.VALIDATOR)
    sign(second, cast.approver, Role.APPROVER)
    third = challenger(cast, second.version, value="0.97")
    policy = propose_policy(
        text=factories.TO_PRODUCTION.replace("0.90", "0.85"), actor=cast.administrator, at=NOON
    )
    return [
        f"/decisions/{third.pk}/",
        f"/decisions/{third.pk}/sign/",
        f"/decisions/{second.pk}/",
        "/models/churn-model/roll-back/",
        "/policies/",
        f"/policies/{policy.pk}/",
        f"/policies/new/?from={policy.pk}",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_around_a_decision_is_accessible(
    portal: Served, addresses: list[str], opened: Open, scheme: str
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, cast.approver)
    for path in addresses:
        page.goto(path)
        assert violations(page) == [], path


def test_nothing_around_a_decision_scrolls_sideways_on_a_phone(
    portal: Served, addresses: list[str], opened: Open
) -> None:
    base, cast = portal
    page = opened(base, width=NARROW)
    sign_in(page, cast.approver)
    for path in addresses:
        page.goto(path)
        assert overflow(page) <= 0, path
        assert violations(page) == [], path
    page.goto(addresses[0])
    page.get_by_role("link", name="Go to your decision").click()
    expect(page.get_by_role("button", name="Review and sign")).to_be_in_viewport()


COUNT_CLICKS = """
addEventListener("click", (event) => {
  if (event.isTrusted) {
    sessionStorage.clicks = Number(sessionStorage.clicks || 0) + 1;
  }
}, true);
"""


def test_a_decision_takes_three_clicks_and_one_password_from_the_inbox(
    portal: Served, opened: Open
) -> None:
    """Counted by the browser itself: every trusted click, and every password field filled."""
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.validator)
    page.context.add_init_script(COUNT_CLICKS)
    page.goto("/")
    page.evaluate("sessionStorage.clicks = 0")
    page.get_by_role("link", name="Sign or refuse").first.click()
    passwords = [page.locator("input[type=password]").count()]
    page.get_by_role("button", name="Review and sign").click()
    passwords.append(page.locator("input[type=password]").count())
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and approve").click()
    expect(page.get_by_text("You signed as validator.")).to_be_visible()
    assert page.evaluate("Number(sessionStorage.clicks)") == 3
    assert passwords == [0, 1]
