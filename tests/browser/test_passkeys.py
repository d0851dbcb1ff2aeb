"""Passkeys and codes in a real browser, with a virtual authenticator behind it."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from playwright.sync_api import CDPSession, Page, expect

from governance.accounts.models import User
from governance.approvals.models import SignOff
from governance.audit.models import LedgerEntry
from tests.authenticators import code_now, make_app
from tests.browser import test_look
from tests.browser.test_look import NARROW, Open, overflow, sign_in, violations
from tests.browser.test_signing import only_request
from tests.factories import PASSWORD, Cast

portal = test_look.portal
opened = test_look.opened

Served = tuple[str, Cast]
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


def holds_a_key(page: Page) -> tuple[CDPSession, str]:
    """Put a security key into the browser; its holder touches it whenever it asks."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return session, made["authenticatorId"]


def add_passkey(page: Page, name: str = "Laptop") -> None:
    page.goto("/security/passkey/")
    page.get_by_label("Name of the passkey").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("Your passkey is added.")).to_be_visible()


def second_step(page: Page, user: User) -> None:
    """Sign in as far as the page that asks for more."""
    page.goto("/sign-in/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()


def step_path() -> str:
    return f"/decisions/{only_request().pk}/sign/?role=APPROVER&decision=REJECT"


def test_a_passkey_is_added_signs_in_and_signs(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.approver)
    holds_a_key(page)
    page.locator("summary.person").click()
    page.get_by_role("link", name="Signing in and signing").click()
    page.get_by_role("link", name="Add a passkey").click()
    add_passkey(page)
    expect(page.get_by_text("Never used")).to_be_visible()

    page.context.clear_cookies()
    second_step(page, cast.approver)
    page.get_by_role("button", name="Sign in with your passkey").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("One more step")

    page.goto(step_path())
    page.get_by_label("Why you reject it").fill("The holdout is too small.")
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_text("You rejected the request.")).to_be_visible()
    expect(page.get_by_text("Passkey, unlocked by its holder")).to_be_visible()
    assert SignOff.objects.get().proof == "PASSKEY"
    verbs = LedgerEntry.objects.values_list("verb", flat=True)
    assert list(verbs).count("authenticator.added") == 1


def test_a_holder_who_is_not_verified_signs_nothing(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.approver)
    session, key = holds_a_key(page)
    add_passkey(page)
    told = {"authenticatorId": key, "isUserVerified": False}
    session.send("WebAuthn.setUserVerified", told)
    page.goto(step_path())
    page.get_by_label("Why you reject it").fill("The holdout is too small.")
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_text("No passkey was given.")).to_be_visible()
    expect(page.get_by_label("Why you reject it")).to_have_value("The holdout is too small.")
    assert violations(page) == []
    # The password is there all the same.
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign and reject").click()
    expect(page.get_by_text("You rejected the request.")).to_be_visible()
    assert SignOff.objects.get().proof == "PASSWORD"


def test_a_device_that_has_one_makes_no_second(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.approver)
    holds_a_key(page)
    add_passkey(page)
    page.goto("/security/passkey/")
    page.get_by_label("Name of the passkey").fill("Again")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text("This device has a passkey for you already.")).to_be_visible()
    assert Authenticator.objects.count() == 1


@pytest.mark.parametrize("script", [True, False])
def test_an_app_is_added_signs_in_and_signs_with_and_without_script(
    portal: Served, opened: Open, script: bool
) -> None:
    base, cast = portal
    page = opened(base, java_script_enabled=script)
    sign_in(page, cast.approver)
    page.goto("/security/app/")
    secret = page.locator("dd.mono").inner_text().replace(" ", "")
    assert re.fullmatch("[A-Z2-7]{32}", secret)
    page.get_by_label("Code that the app shows").fill(code_now(secret))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_text("Your authenticator app is added.")).to_be_visible()

    cache.clear()
    page.context.clear_cookies()
    second_step(page, cast.approver)
    page.get_by_label("Code of your authenticator app").fill(code_now(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="One more step")).to_have_count(0)

    cache.clear()
    page.goto(step_path())
    page.get_by_label("Why you reject it").fill("The holdout is too small.")
    page.get_by_label("Code of your authenticator app").fill(code_now(secret))
    page.get_by_role("button", name="Sign and reject").click()
    expect(page.get_by_text("You rejected the request.")).to_be_visible()
    assert SignOff.objects.get().proof == "TOTP"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1440), ("dark", NARROW)])
def test_every_page_of_it_is_accessible_and_fits(
    portal: Served, opened: Open, scheme: str, width: int
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, width=width, reduced_motion="reduce")
    sign_in(page, cast.approver)
    holds_a_key(page)
    looks_right(page, "/security/")
    looks_right(page, "/security/passkey/")
    add_passkey(page)
    looks_right(page, "/security/app/")
    make_app(cast.approver)
    looks_right(page, "/security/")
    looks_right(page, f"/security/{Authenticator.objects.earliest('pk').pk}/remove/")
    looks_right(page, step_path())
    page.get_by_role("button", name="Sign and reject").click()
    expect(page.get_by_role("alert")).to_be_focused()
    looks_right(page)
    page.context.clear_cookies()
    second_step(page, cast.approver)
    looks_right(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_be_focused()
    looks_right(page)


def looks_right(page: Page, path: str = "") -> None:
    if path:
        page.goto(path)
    assert violations(page) == [], page.url
    assert overflow(page) <= 0, page.url
