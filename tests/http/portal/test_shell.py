"""The shell around every page: sign-in, theme, refusals, the headers, and who sees what."""

from datetime import timedelta

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoAssertNumQueries

from governance.accounts.models import User
from governance.audit.alarms import raise_alarm, settle_alarms
from governance.audit.queries import ledger_state
from tests import factories
from tests.factories import Cast
from tests.reviewing import entries

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
}


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_sign_in_says_what_this_place_is_and_holds_a_strict_policy(
    client: Client, db: None
) -> None:
    response = client.get("/sign-in/")
    page = response.content.decode()
    assert response.status_code == 200
    assert set(response["Content-Security-Policy"].split("; ")) >= POLICY
    assert "<style" not in page
    assert "style=" not in page
    assert 'autocomplete="current-password"' in page
    assert "placeholder" not in page


def test_the_right_password_leads_home_and_to_the_page_one_came_for(cast: Cast) -> None:
    credentials = {"login": cast.owner.email, "password": factories.PASSWORD}
    assert Client().post("/sign-in/", credentials)["Location"] == "/"
    asked = Client().get("/models/")
    assert asked["Location"] == "/sign-in/?next=/models/"
    sent = Client().post(asked["Location"], credentials | {"next": "/models/"})
    assert sent["Location"] == "/models/"
    away = Client().post("/sign-in/", credentials | {"next": "https://elsewhere.example/"})
    assert away["Location"] == "/"


def test_a_wrong_password_says_what_to_do_and_keeps_the_address(cast: Cast) -> None:
    response = Client().post("/sign-in/", {"login": cast.owner.email, "password": "wrong"})
    page = response.content.decode()
    assert "_auth_user_id" not in response.client.session
    assert "<title>Error: Sign in" in page
    assert "You are not signed in." in page
    assert cast.owner.email in page


def test_signing_out_takes_a_post(cast: Cast) -> None:
    client = signed_in(cast.owner)
    assert "Stay signed in" in client.get("/sign-out/").content.decode()
    assert client.get("/").status_code == 200
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/")["Location"] == "/sign-in/?next=/"


def test_one_changes_ones_own_password_and_stays_signed_in(cast: Cast) -> None:
    client = signed_in(cast.owner)
    given = {"oldpassword": factories.PASSWORD, "password1": "short", "password2": "short"}
    weak = client.post("/password/", given).content.decode()
    assert "Your password is unchanged." in weak
    cast.owner.refresh_from_db()
    assert cast.owner.check_password(factories.PASSWORD)

    new = "a-new-phrase-of-mine"
    sent = client.post("/password/", given | {"password1": new, "password2": new})
    assert sent["Location"] == "/"
    assert "Your password is changed." in client.get("/").content.decode()
    cast.owner.refresh_from_db()
    assert cast.owner.check_password(new)
    assert [entry.subject for entry in entries("password.changed")] == [cast.owner.ref]


def test_the_demo_says_who_can_sign_in_and_nobody_else_does(cast: Cast) -> None:
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(is_demo=True)
    assert cast.owner.email not in Client().get("/sign-in/").content.decode()
    with override_settings(DEMO=True):
        page = Client().get("/sign-in/").content.decode()
    assert cast.owner.email in page
    assert cast.approver.email not in page
    assert factories.PASSWORD not in page


def test_signing_in_and_out_is_on_record(cast: Cast) -> None:
    client = Client()
    client.post("/sign-in/", {"login": cast.owner.email, "password": "wrong"})
    assert entries("user.signed_in") == []
    client.post("/sign-in/", {"login": cast.owner.email, "password": factories.PASSWORD})
    client.post("/sign-out/")
    assert [e.actor for e in entries("user.signed_in")] == [cast.owner.ref]
    assert [e.actor for e in entries("user.signed_out")] == [cast.owner.ref]


def test_a_closed_account_is_told_so(cast: Cast) -> None:
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(is_active=False)
    credentials = {"login": cast.owner.email, "password": factories.PASSWORD}
    response = Client().post("/sign-in/", credentials, follow=True)
    assert "_auth_user_id" not in response.client.session
    assert "This account is closed" in response.content.decode()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_is_a_cookie_that_the_server_writes_into_the_page(
    client: Client, db: None, theme: str
) -> None:
    assert "data-theme=" not in client.get("/sign-in/").content.decode()
    back = client.post("/theme/", {"theme": theme, "next": "/sign-in/?next=/models/"})
    assert back["Location"] == "/sign-in/?next=/models/"
    assert f'<html lang="en" data-theme="{theme}">' in client.get("/sign-in/").content.decode()
    client.post("/theme/", {"theme": "system"})
    assert "data-theme=" not in client.get("/sign-in/").content.decode()


@pytest.mark.parametrize("bad", ["https://elsewhere.example/", "//elsewhere.example", "nowhere:"])
def test_the_theme_button_never_leads_away(client: Client, db: None, bad: str) -> None:
    assert client.post("/theme/", {"theme": "dark", "next": bad})["Location"] == "/"


def test_an_unknown_theme_is_dropped_and_a_get_is_refused(client: Client, db: None) -> None:
    client.post("/theme/", {"theme": "<script>"})
    assert "theme" not in client.cookies
    client.cookies["theme"] = "<script>"
    assert "data-theme=" not in client.get("/sign-in/").content.decode()
    assert client.get("/theme/").status_code == 405


def test_what_is_not_there_says_so_to_the_signed_in_and_to_strangers(cast: Cast) -> None:
    inside = signed_in(cast.owner).get("/nowhere/")
    outside = Client().get("/nowhere/")
    assert (inside.status_code, outside.status_code) == (404, 404)
    assert "There is no page here." in inside.content.decode()
    assert 'aria-label="Main"' in inside.content.decode()
    assert 'aria-label="Main"' not in outside.content.decode()


@pytest.mark.parametrize("path", ["/models/churn-model/", "/models/churn-model/versions/1/"])
def test_what_one_may_not_see_looks_like_what_does_not_exist(cast: Cast, path: str) -> None:
    factories.make_version(cast, factories.make_model(cast))
    assert signed_in(cast.owner).get(path).status_code == 200
    hidden = signed_in(cast.outsider).get(path)
    absent = signed_in(cast.outsider).get(path.replace("churn-model", "other"))
    assert hidden.status_code == absent.status_code == 404
    assert b"churn-model" not in hidden.content.replace(path.encode(), b"")


def test_a_form_without_its_token_is_refused_with_a_way_out(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    response = client.post("/sign-out/")
    assert response.status_code == 403
    assert "_auth_user_id" in client.session


def test_places_are_marked_and_named(cast: Cast) -> None:
    page = signed_in(cast.auditor).get("/audit/").content.decode()
    assert '<a href="/audit/" data-goto="a" aria-current="page">' in page
    assert "Skip to content" in page
    assert cast.auditor.name in page


def test_an_alarm_stands_at_the_foot_of_every_page_until_it_is_settled(cast: Cast) -> None:
    reader = signed_in(cast.auditor)
    line = '<a class="badge" data-tone="bad" href="/audit/?kind=alarms">'
    assert line not in reader.get("/models/").content.decode()
    raise_alarm(rule="ahead", facts={"held_size": 7}, actor="system:clock", at=factories.NOON)
    for path in ("/", "/models/", "/audit/"):
        assert line in reader.get(path).content.decode()
    page = reader.get("/audit/?kind=alarms").content.decode()
    assert "Found the ledger contradicted" in page
    later = factories.NOON + timedelta(hours=1)
    settle_alarms(reason="A test.", actor="system:console", at=later)
    assert line not in reader.get("/models/").content.decode()


def test_the_foot_of_a_page_costs_two_reads(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    raise_alarm(rule="ahead", facts={}, actor="system:clock", at=factories.NOON)
    with django_assert_num_queries(2):
        assert ledger_state().alarmed


def test_a_refused_attempt_is_explained_and_put_on_record(cast: Cast) -> None:
    version = factories.make_version(cast, factories.make_model(cast))
    client = signed_in(cast.auditor)
    client.raise_request_exception = True
    response = client.post("/models/churn-model/versions/1/ask/", {"target": "STAGING"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "This takes a role that you don’t hold." in page
    assert "In Retail credit: Dev Singh, Olga Owner." in page
    assert 'href="/models/churn-model/versions/1/">Back to the record' in page
    [entry] = entries("call.refused")
    assert "The attempt is on record" in page
    assert f'href="/audit/?entry={entry.pk}">#{entry.seq}<' in page
    assert (entry.actor, entry.subject, entry.facts["call"]) == (
        cast.auditor.ref,
        version.ref,
        "portal:ask",
    )
    assert entry.stream_name == version.model.stream


def test_a_stale_form_of_the_portal_says_what_to_do(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.owner)
    page = client.post("/models/x/pin/").content.decode()
    assert "This form has gone stale." in page
    assert "load the page again" in page
