"""What is kept beside a model, the firm's rules and roles, and who could sign: at a past minute."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy
from governance.approvals.models import PolicyVersion
from governance.approvals.queries.cases import case_of
from governance.inventory.actions import edit_model
from tests import factories as f
from tests import keeping
from tests.factories import Cast, later
from tests.http.portal.test_past_pages import get, main_of
from tests.keeping import Kept, keep
from tests.story import minute
from tests.world import nothing_moves

pytestmark = [pytest.mark.django_db, pytest.mark.backend]
MODEL = "/models/renamed/"


@pytest.fixture
def kept(cast: Cast) -> Kept:
    return keep(cast)


def pages_of(kept: Kept) -> list[str]:
    return [
        f"{MODEL}slots/{kept.slot.pk}/",
        f"{MODEL}changes/",
        f"{MODEL}changes/{kept.change.number}/",
        f"{MODEL}dependencies/",
        f"{MODEL}rules/",
        f"{MODEL}assess/",
        f"{MODEL}approvers/",
        f"{MODEL}approvers/?request={kept.request.pk}",
        "/reviews/",
        "/waivers/",
        f"/waivers/{kept.waiver.pk}/",
        "/attestations/",
        f"/attestations/{kept.campaign.pk}/",
        "/policies/",
        f"/policies/{kept.policy.pk}/",
        "/delegations/",
    ]


def at(path: str, moment: datetime) -> str:
    return f"{path}{'&' if '?' in path else '?'}as_of={minute(moment)}"


def shown(reader: User, path: str, moment: datetime) -> str:
    """What stands on the page, without the marks of its icons."""
    base, _, query = path.partition("?")
    page = get(reader, at(path, moment)) if query else None
    text = page.content.decode().split("<main")[1] if page else main_of(reader, base, moment)
    return " ".join(str(text).replace("</svg>", ">").split())


def test_every_page_says_that_it_is_the_past_and_offers_nothing(kept: Kept) -> None:
    with nothing_moves(but=[User]):  # who signs in, and when
        for path in pages_of(kept):
            for reader in (kept.cast.owner, kept.cast.compliance):
                page = shown(reader, path, keeping.ENDED)
                assert "This is the past: what " in page, path
                assert "Nothing can be done here." in page, path
                assert 'method="post"' not in page, path


def test_every_page_of_the_present_leads_to_its_past(kept: Kept) -> None:
    for path in pages_of(kept):
        page = get(kept.cast.owner, path).content.decode()
        assert 'name="as_of"' in page, path
        assert "This is the past" not in page, path


def test_a_moment_that_is_none_is_refused_on_each_of_them(kept: Kept) -> None:
    for path in [*pages_of(kept), f"/attestations/{kept.campaign.pk}/progress.csv"]:
        mark = "&" if "?" in path else "?"
        for text, rule in (("soon", "date"), ("9999-12-31T10:00Z", "past")):
            answer = get(kept.cast.owner, f"{path}{mark}as_of={text}")
            assert answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY, path
            assert f"<dd>{rule}</dd>" in answer.content.decode()


def test_who_may_not_see_it_now_sees_nothing_of_then(kept: Kept) -> None:
    """Judged as of now: not even who could see it then."""
    for path in pages_of(kept):
        if path in {"/policies/", f"/policies/{kept.policy.pk}/"}:
            continue  # the firm's rules are open to all who sign in
        if path in {"/reviews/", "/waivers/", "/attestations/", "/delegations/"}:
            page = shown(kept.cast.outsider, path, keeping.APPROVED)
            assert "churn-model" not in page, path
            assert "Year end" not in page, path
        else:
            answer = get(kept.cast.outsider, at(path, keeping.APPROVED))
            assert answer.status_code == HTTPStatus.NOT_FOUND, path


def test_roles_are_shown_to_whom_they_are_shown_now(kept: Kept) -> None:
    answer = get(kept.cast.auditor, at("/people/", keeping.APPROVED))
    assert answer.status_code == HTTPStatus.FORBIDDEN
    # Whose role has ended meanwhile sees nothing of the time at which they held it.
    gone = get(kept.cast.approver, at(f"{MODEL}approvers/", keeping.APPROVED))
    assert gone.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize("moment", [keeping.BEFORE_FIRST, keeping.FED])
def test_what_was_not_there_yet_is_not_shown(kept: Kept, moment: datetime) -> None:
    made = [
        f"{MODEL}slots/{kept.slot.pk}/",
        f"{MODEL}changes/{kept.change.number}/",
        f"/waivers/{kept.waiver.pk}/",
        f"/attestations/{kept.campaign.pk}/",
        f"/policies/{kept.policy.pk}/",
    ]
    for path in made:
        page = shown(kept.cast.compliance, path, moment)
        assert "It was not on record yet" in page, path
        for fact in ("No time.", "Another cluster.", "It is accurate.", "0.91"):
            assert fact not in page, path
    for path in ("/waivers/?view=all", "/attestations/", "/reviews/?view=done"):
        page = shown(kept.cast.compliance, path, moment)
        assert "renamed" not in page, path
        assert "churn-model" not in page, path


def test_the_waiver(kept: Kept) -> None:
    path, reader = f"/waivers/{kept.waiver.pk}/", kept.cast.compliance
    asked = shown(reader, path, keeping.ASKED)
    assert ">Waits for a decision<" in asked
    assert "Waiver for churn-model" in asked
    assert "Cora Compliance" not in asked
    approved = shown(reader, path, keeping.APPROVED)
    assert ">In force<" in approved
    assert "Cora Compliance" in approved
    assert "Done." not in approved
    ended = shown(reader, path, keeping.ENDED)
    assert ">Ended early<" in ended
    assert "Waiver for renamed" in ended
    for view, moment, found in (
        ("requested", keeping.ASKED, True),
        ("", keeping.ASKED, False),
        ("requested", keeping.APPROVED, False),
        ("", keeping.APPROVED, True),
        ("", keeping.ENDED, False),
        ("all", keeping.ENDED, True),
    ):
        page = shown(reader, f"/waivers/?view={view}", moment)
        assert (">Overdue review<" in page) is found, (view, moment)


def test_reviews(kept: Kept) -> None:
    reader = kept.cast.compliance
    before = shown(reader, "/reviews/?view=later", keeping.ASKED)
    assert "churn-model" in before
    assert "As recorded" not in before
    assert ">Never<" in before
    done = shown(reader, "/reviews/?view=done", keeping.APPROVED)
    assert "As recorded." in done
    assert "churn-model" in done
    later_on = shown(reader, "/reviews/?view=later", keeping.ENDED)
    assert "renamed" in later_on
    assert "As recorded." not in shown(reader, "/reviews/?view=done", keeping.ASKED)


def test_the_campaign(kept: Kept) -> None:
    path, reader = f"/attestations/{kept.campaign.pk}/", kept.cast.compliance
    assert "0 of 2" in shown(reader, path, keeping.ASKED)
    approved = shown(reader, path, keeping.APPROVED)
    assert "1 of 2" in approved
    assert ">Open<" in approved
    ended = shown(reader, path, keeping.ENDED)
    assert ">Ended<" in ended
    assert "renamed" in ended
    listed = shown(reader, "/attestations/", keeping.APPROVED)
    assert "Year end" in listed.split('id="past"')[0]
    assert "Year end" in shown(reader, "/attestations/", keeping.ENDED).split('id="past"')[1]
    lines = {
        moment: get(reader, at(f"{path}progress.csv", moment)).content.decode()
        for moment in (keeping.ASKED, keeping.APPROVED)
    }
    assert "Accurate" not in lines[keeping.ASKED]
    assert "churn-model" in lines[keeping.APPROVED]
    assert "Accurate" in lines[keeping.APPROVED]


def test_the_change(kept: Kept) -> None:
    path, reader = f"{MODEL}changes/{kept.change.number}/", kept.cast.compliance
    assert ">Waits for a review<" in shown(reader, path, keeping.ASKED)
    assert "No version of the model" not in shown(reader, f"{MODEL}changes/", keeping.ASKED)
    none = shown(reader, f"{MODEL}changes/", keeping.FED)
    assert "Another cluster." not in none


def test_what_fed_the_model(kept: Kept) -> None:
    reader, path = kept.cast.compliance, f"{MODEL}dependencies/"
    assert ">feeder<" not in shown(reader, path, keeping.CHAMPION)
    assert ">feeder<" in shown(reader, path, keeping.FED)
    assert ">feeder<" not in shown(reader, path, keeping.ENDED)
    feeder = "/models/feeder/dependencies/"
    page = shown(reader, feeder, keeping.APPROVED)
    assert "If this model breaks, 1 model may break with it, 1 of them live" in page
    assert ">churn-model<" in page


def test_the_slot(kept: Kept) -> None:
    reader, path = kept.cast.compliance, f"{MODEL}slots/{kept.slot.pk}/"
    assert "models:/churn-model@eu-live" in shown(reader, path, keeping.APPROVED)
    assert "models:/renamed@eu-best" in shown(reader, path, keeping.ENDED)
    primary = kept.model.slots.get(is_default=True)
    served = shown(reader, f"{MODEL}slots/{primary.pk}/", keeping.FED)
    assert "Version 1 is champion." in served


def test_policies_and_who_had_signed_them(kept: Kept) -> None:
    reader, path = kept.cast.outsider, f"/policies/{kept.policy.pk}/"
    first = PolicyVersion.objects.get(key="to-production", number=1)
    assert ">In force<" in shown(reader, f"/policies/{first.pk}/", keeping.APPROVED)
    assert ">Superseded<" in shown(reader, f"/policies/{first.pk}/", keeping.ENDED)
    page = shown(reader, path, keeping.ENDED)
    assert ">In force<" in page
    assert "Arno Approver" in page
    assert f"/policies/{kept.policy.pk}/" not in shown(reader, "/policies/", keeping.APPROVED)


def test_roles_and_seats(kept: Kept) -> None:
    reader = kept.cast.administrator
    held, ended = (shown(reader, "/people/", when) for when in (keeping.APPROVED, keeping.ENDED))
    assert "Arno Approver" in held
    assert "Arno Approver" not in ended
    assert "may not sign in" not in held
    assert "may not sign in" in ended
    lent = shown(kept.cast.compliance, "/delegations/", keeping.APPROVED)
    assert ">Holds<" in lent
    assert ">Ended<" in shown(kept.cast.compliance, "/delegations/", keeping.ENDED)
    assert "No seat is lent" in shown(kept.cast.compliance, "/delegations/", keeping.FED)


def people_in(page: str) -> Sequence[str]:
    return page.split('<p class="lead">')[1].split("</p>")[0]


def test_who_could_approve_on_that_day(kept: Kept) -> None:
    reader, path = kept.cast.compliance, f"{MODEL}approvers/"
    asked = people_in(shown(reader, path, keeping.ASKED))
    people = "Alma Second, Arno Approver, Vera Valid"
    assert asked.startswith(f"{people} could sign for version 2 to Production")
    signed = shown(reader, path, keeping.APPROVED)
    assert ">Had signed<" in signed
    assert "Nobody signs the same thing twice." in signed
    assert people_in(signed).startswith("Alma Second, Arno Approver could sign")
    ended = shown(reader, path, keeping.ENDED)
    # The facts have changed, so what she had signed counts no more; nobody else is left.
    assert people_in(ended).startswith("Vera Valid could sign for version 2")
    assert "Whoever validated a version does not approve it as well." not in ended
    # Before it was asked for, the newest version on its way into Production.
    before = shown(reader, path, keeping.FED)
    assert "version 2 on its way into Production" in before
    assert "Vera Valid" in before
    assert "There was nobody to ask" in shown(reader, "/models/feeder/approvers/", keeping.ENDED)


def test_the_dossier_of_then_has_the_digest_that_stood_on_the_page(cast: Cast) -> None:
    f.make_policies(cast)
    model = f.make_model(cast)
    request = f.make_ready(cast, f.make_version(cast, model), at=keeping.ASKED)
    stood = case_of(request, at=keeping.ASKED).digest
    heir = f.make_person("Hanna Heir", Role.MODEL_OWNER, unit=cast.unit)
    record = f.edited_record(model, owner=heir, purpose="Ranks.", kind="RANKING")
    edit_model(model=model, record=record, actor=cast.owner, at=keeping.ENDED)
    page = shown(cast.auditor, "/models/churn-model/approvers/", keeping.ASKED)
    assert f"sha256:{stood}" in page
    now = shown(cast.auditor, "/models/churn-model/approvers/", keeping.ENDED)
    assert f"sha256:{stood}" not in now


def test_a_request_of_another_model_is_none(kept: Kept) -> None:
    for query in (
        f"request={kept.waiver.pk}",
        "request=x",
        "version=0",
        "version=9",
        "version=99999999999999999999",
    ):
        answer = get(kept.cast.owner, f"{MODEL}approvers/?{query}")
        assert answer.status_code == HTTPStatus.NOT_FOUND, query
    early = f"{MODEL}approvers/?request={kept.request.pk}"
    assert get(kept.cast.owner, at(early, keeping.FED)).status_code == HTTPStatus.NOT_FOUND


def test_people_made_since_are_not_there(kept: Kept) -> None:
    f.make_person("Nina New", Role.APPROVER, unit=kept.cast.root, at=later(days=4))
    assert "Nina New" not in shown(kept.cast.administrator, "/people/", keeping.ENDED)
    page = shown(kept.cast.compliance, f"{MODEL}approvers/", keeping.ENDED)
    assert "Nina New" not in page
    assert "Nina New" in shown(kept.cast.compliance, f"{MODEL}approvers/", later(days=5))


def queries_of(reader: User, path: str) -> int:
    client = Client()
    client.force_login(reader)
    with CaptureQueriesContext(connection) as found:
        assert client.get(path).status_code == HTTPStatus.OK
    return len(found)


def test_the_past_costs_no_more_queries_for_more_rows(kept: Kept) -> None:
    """As many with twice as much of everything that the pages list."""
    cast, listed = kept.cast, pages_of(kept)
    first = f.make_model(cast, name="one-more", at=later(days=4))
    f.make_dependency(cast, feeder=kept.model, consumer=first, at=later(days=4))
    before = {path: queries_of(cast.compliance, at(path, later(days=9))) for path in listed}
    second = f.make_model(cast, name="another", at=later(days=4))
    f.make_dependency(cast, feeder=kept.model, consumer=second, at=later(days=4))
    keeping.ask_waiver(second, cast, at=later(days=4))
    text = f.TO_STAGING.replace("0.90", "0.5")
    propose_policy(text=text, actor=cast.administrator, at=later(days=4))
    f.make_person("Nina New", Role.APPROVER, Role.VALIDATOR, unit=cast.root, at=later(days=4))
    for path in listed:
        assert queries_of(cast.compliance, at(path, later(days=9))) <= before[path], path
