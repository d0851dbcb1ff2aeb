"""Keeping records in a real browser: the admin and the account pages, as the portal's own."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from governance.accounts.models import RoleGrant, ServiceAccount
from governance.inventory.actions import create_model, define_field
from governance.inventory.models import CustomField, Model
from governance.inventory.rules import FieldDefinition
from tests import factories
from tests.browser import test_look
from tests.browser.test_look import NARROW, Open, overflow, sign_in, violations
from tests.factories import Cast

opened = test_look.opened

Served = tuple[str, Cast]


@pytest.fixture
def portal(live_server: LiveServer) -> Served:
    """A served portal with one model that is complete and one as a pipeline left it."""
    now = timezone.now()
    cast = factories.make_cast(at=now)
    factories.make_model(cast, at=now)
    line = FieldDefinition(label="Model line", value_type="CHOICE", choices=("Retail", "Markets"))
    define_field(key="model_line", definition=line, actor=cast.administrator, at=now)
    holder, _ = factories.make_token(cast, at=now)
    create_model(name="fraud-score", unit=cast.unit, actor=holder, at=now)
    return live_server.url, cast


def owners_pages() -> list[str]:
    models = "/admin/inventory/model/"
    own = ["/models/churn-model/dependencies/", "/models/churn-model/retire/"]
    return ["/admin/", models, f"{models}?q=nothing-like-it", f"{models}add/", *own] + [
        f"{models}{model.pk}/change/" for model in Model.objects.all()
    ]


def administrators_pages(cast: Cast) -> list[str]:
    grant = RoleGrant.objects.get(user=cast.validator)
    service = f"/service-accounts/{ServiceAccount.objects.get().name}/"
    admin, fields = "/admin/accounts/", "/admin/inventory/customfield/"
    field = CustomField.objects.get()
    return [
        f"{admin}user/", f"{admin}user/add/", f"{admin}user/{cast.owner.pk}/change/",
        f"{admin}rolegrant/", f"{admin}rolegrant/add/", f"{admin}rolegrant/{grant.pk}/change/",
        f"{admin}unit/", f"{admin}unit/add/",
        fields, f"{fields}add/", f"{fields}{field.pk}/change/",
        "/people/", "/service-accounts/", "/service-accounts/new/", service,
        f"{service}tokens/new/",
    ]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_of_records_is_accessible_and_silent(
    portal: Served, opened: Open, scheme: str
) -> None:
    base, cast = portal
    for user, paths in ((cast.owner, owners_pages()), (cast.administrator, None)):
        page = opened(base, color_scheme=scheme, reduced_motion="reduce")
        sign_in(page, user)
        for path in paths or administrators_pages(cast):
            page.goto(path)
            assert violations(page) == [], path


def test_no_page_of_records_scrolls_sideways_on_a_phone(portal: Served, opened: Open) -> None:
    base, cast = portal
    for user, paths in ((cast.owner, owners_pages()), (cast.administrator, None)):
        page = opened(base, width=NARROW)
        sign_in(page, user)
        for path in paths or administrators_pages(cast):
            page.goto(path)
            assert overflow(page) <= 0, path


def test_an_owner_completes_a_draft(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.owner)
    page.get_by_role("link", name="Model records").click()
    page.get_by_role("link", name="Models", exact=True).first.click()
    page.get_by_role("link", name="fraud-score").click()
    expect(page.get_by_text("The record lacks an owner")).to_be_visible()

    page.get_by_label("Purpose").fill("Scores card payments for fraud.")
    page.get_by_label("Intended use").fill("Holding a payment for review.")
    page.get_by_label("Kind").select_option("Classification")
    page.locator(".field", has_text="Developers").locator(".select2-selection").click()
    page.keyboard.type("dev")
    page.get_by_role("option", name="Dev Singh").click()
    page.get_by_label("Risk tier").select_option("Tier 2 (high)")
    page.get_by_role("button", name="Save model").click()

    # The reason is missing: nothing is saved, and nothing typed is lost.
    expect(page.get_by_role("alert")).to_contain_text("Say why the model has this tier.")
    assert Model.objects.get(name="fraud-score").gaps
    expect(page.get_by_label("Purpose")).to_have_value("Scores card payments for fraud.")
    expect(page.get_by_role("listitem", name="Dev Singh")).to_be_visible()
    page.get_by_label("Reason for the tier").fill("It holds payments.")
    page.get_by_role("button", name="Save model").click()

    expect(page.get_by_role("status").first).to_contain_text("Saved: the record of fraud-score.")
    model = Model.objects.get(name="fraud-score")
    assert model.gaps == []
    assert (model.owner, list(model.developers.all())) == (cast.owner, [cast.developer])


def test_a_token_is_issued_and_shown_once(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.administrator)
    page.get_by_role("link", name="Service accounts").click()
    page.get_by_role("link", name="churn-pipeline").click()
    page.get_by_role("link", name="Issue a token").click()
    page.get_by_role("button", name="Issue the token").click()
    expect(page.get_by_test_id("token")).to_contain_text("cs_")
    assert violations(page) == []
    page.get_by_role("link", name="Back to churn-pipeline").click()
    expect(page.get_by_text("Valid", exact=True)).to_have_count(2)
    page.get_by_role("button", name="Revoke").first.click()
    expect(page.get_by_text("opens nothing any more")).to_be_visible()


def test_the_admin_wears_the_portals_theme(portal: Served, opened: Open) -> None:
    base, cast = portal
    page = opened(base)
    sign_in(page, cast.owner)
    for theme in ("light", "dark"):
        page.get_by_role("button", name="Theme").click()
        page.wait_for_load_state("networkidle")
        page.goto("/admin/inventory/model/")
        assert page.locator("html").get_attribute("data-theme") == theme
