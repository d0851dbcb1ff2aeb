"""Rehearsing a policy on its page: nothing is kept, nothing typed is lost, nothing unseen told."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.rules.judgement import Decision
from tests import factories
from tests.factories import NOON, TO_PRODUCTION, Cast, sign
from tests.http.portal.deciding import everybody_signs_in, post, read
from tests.world import nothing_moves

PAGE = "/policies/rehearse/"
SINCE = "2026-03-01"
STRICTER = TO_PRODUCTION.replace("0.90", "0.94")


@pytest.fixture
def champion(cast: Cast) -> PromotionRequest:
    everybody_signs_in(cast)
    factories.make_policies(cast)
    return factories.make_champion(cast, factories.make_version(cast, factories.make_model(cast)))


@pytest.fixture
def proposed(cast: Cast, champion: PromotionRequest) -> PolicyVersion:
    return propose_policy(text=STRICTER, actor=cast.administrator, at=NOON)


def words(page: str) -> str:
    """What a reader reads of a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_the_page_says_what_would_come_out_differently(
    cast: Cast, champion: PromotionRequest
) -> None:
    with nothing_moves():
        answer = post(cast.compliance, PAGE, text=STRICTER, since=SINCE)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert (
        "1 of 1 decision since 1 Mar 2026 would come out differently; 1 of 1 live version would "
        "be out of policy."
    ) in words(page)
    assert words(page).count("Accuracy 0.93, at least 0.94") == 2
    assert f'href="/decisions/{champion.pk}/"' in page
    assert 'href="/models/churn-model/versions/1/"' in page
    assert "at_least: 0.94" in page
    assert f'value="{SINCE}"' in page


def test_nothing_different_is_said_too(cast: Cast, champion: PromotionRequest) -> None:
    page = post(cast.compliance, PAGE, text=TO_PRODUCTION, since=SINCE).content.decode()
    assert "Nothing would come out differently" in page
    assert "0 of 1 decision since 1 Mar 2026" in words(page)


def test_what_people_refused_stands_apart(cast: Cast) -> None:
    everybody_signs_in(cast)
    factories.make_policies(cast)
    version = factories.make_version(cast, factories.make_model(cast))
    request = factories.make_ready(cast, version)
    sign(request, cast.approver, Role.APPROVER, decision=Decision.REJECT, comment="Too thin.")
    page = post(cast.compliance, PAGE, text=TO_PRODUCTION, since=SINCE).content.decode()
    assert "though every check of this policy would pass" in page
    assert f'href="/decisions/{request.pk}/"' in page


def test_a_reader_is_told_only_of_what_they_may_see(cast: Cast, champion: PromotionRequest) -> None:
    page = post(cast.outsider, PAGE, text=STRICTER, since=SINCE).content.decode()
    assert "0 of 0 decisions" in words(page)
    assert "churn-model" not in page
    assert "Propose this policy" not in page
    assert (
        "Propose this policy"
        in post(cast.compliance, PAGE, text=STRICTER, since=SINCE).content.decode()
    )


def test_it_starts_with_the_text_of_a_version(cast: Cast, proposed: PolicyVersion) -> None:
    assert f"{PAGE}?from={proposed.pk}" in read(cast.approver, f"/policies/{proposed.pk}/")
    page = read(cast.approver, f"{PAGE}?from={proposed.pk}")
    assert "at_least: 0.94" in page
    a_year_ago = (timezone.now() - timedelta(days=365)).date()
    assert f'value="{a_year_ago.isoformat()}"' in page
    assert "policy: my-policy" in read(cast.approver, PAGE)
    in_force = PolicyVersion.objects.get(key="to-production", number=1)
    assert PAGE not in read(cast.approver, f"/policies/{in_force.pk}/")


def test_a_typed_proposal_is_rehearsed_as_typed(cast: Cast, champion: PromotionRequest) -> None:
    """The propose form carries its text over, and no day."""
    assert f'formaction="{PAGE}"' in read(cast.compliance, "/policies/new/")
    with nothing_moves():
        answer = post(cast.compliance, PAGE, text=STRICTER.replace("\n", "\r\n"))
    assert answer.status_code == 200
    assert "1 of 1 live version would be out of policy" in words(answer.content.decode())


@pytest.mark.parametrize(
    ("text", "since", "said"),
    [
        ("", SINCE, "Enter the policy, beginning with its key"),
        ("policy: [", SINCE, "This is not readable YAML"),
        (TO_PRODUCTION.replace("PRODUCTION", "LIVE"), SINCE, "applies_to.target"),
        (TO_PRODUCTION.replace("to-production", "rival"), SINCE, "as specific"),
        (STRICTER, "yesterday", "Enter a date such as"),
        (STRICTER + "# \0", SINCE, "Null characters are not allowed."),
    ],
)
def test_bad_input_goes_back_onto_the_form(
    cast: Cast, champion: PromotionRequest, text: str, since: str, said: str
) -> None:
    with nothing_moves():
        answer = post(cast.compliance, PAGE, text=text, since=since)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was rehearsed." in page
    assert said in page
    assert text.split("\n")[0] in unescape(page)
    assert f'value="{since}"' in page


@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31"])
def test_any_day_will_do(cast: Cast, champion: PromotionRequest, since: str) -> None:
    assert post(cast.compliance, PAGE, text=STRICTER, since=since).status_code == 200


def test_it_takes_somebody_who_signed_in(cast: Cast, champion: PromotionRequest) -> None:
    assert Client().post(PAGE, {"text": STRICTER}).status_code == 302
    read(cast.compliance, f"{PAGE}?from={cast.unit.pk}", status=404)
