"""Rehearsing a proposed policy in a real browser, wide and narrow, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from governance.approvals.actions import propose_policy
from tests import factories
from tests.browser import test_look
from tests.browser.test_look import NARROW, WIDE, Open, overflow, sign_in, violations
from tests.factories import NOON, TO_PRODUCTION

opened = test_look.opened


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_proposed_policy_is_rehearsed_before_it_is_signed(
    live_server: LiveServer, opened: Open, width: int, scheme: str
) -> None:
    cast = factories.make_cast()
    factories.make_policies(cast)
    factories.make_champion(cast, factories.make_version(cast, factories.make_model(cast)))
    stricter = TO_PRODUCTION.replace("0.90", "0.94")
    row = propose_policy(text=stricter, actor=cast.administrator, at=NOON)
    page = opened(live_server.url, width=width, color_scheme=scheme, reduced_motion="reduce")
    sign_in(page, cast.approver)
    page.goto(f"/policies/{row.pk}/")
    page.get_by_role("link", name="Rehearse it first").click()
    assert (violations(page), overflow(page) <= 0) == ([], True)
    page.get_by_label("Decisions since").fill("2026-01-01")
    page.get_by_role("button", name="Rehearse this policy").click()
    summary = page.get_by_text("1 of 1 decision since 1 Jan 2026 would come out differently")
    expect(summary).to_be_visible()
    assert (violations(page), overflow(page) <= 0) == ([], True)
    page.get_by_role("link", name="D-2").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Promote version 1")
