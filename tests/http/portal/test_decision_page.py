"""The decision page: the evidence, who signs, and what this reader may do about it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_stage
from governance.approvals.rules.judgement import Decision
from governance.cards.actions import publish_card, save_draft
from governance.registry.rules import Stage
from tests import factories
from tests.factories import NOON, Cast, sign
from tests.http.portal.deciding import (
    carried,
    challenger,
    hidden,
    read,
    sign_on_page,
    signed_in,
    waiting_request,
)
from tests.reviewing import card_sections


def test_says_the_verdict_first_and_whose_turn_it_is(cast: Cast) -> None:
    request = waiting_request(cast)
    page = read(cast.approver, f"/decisions/{request.pk}/")
    assert "Promote version 1 of churn-model to Production" in page
    assert page.index("Ready for your decision") < page.index('id="checks"')
    assert "One validator and one approver have yet to sign." in page
    assert "6 of 6 pass" in page
    assert "0 of 2" in page
    assert "Vera Valid could sign" in page
    assert "I approve this version for the stated use." in page


def test_a_failing_check_comes_first_and_nobody_can_approve(cast: Cast) -> None:
    factories.make_policies(cast)
    version = factories.make_version(
        cast, factories.make_model(cast), metrics={"accuracy": "0.8225"}
    )
    asked = factories.ask(cast, version, Stage.STAGING)
    assert asked.request is not None
    page = read(cast.approver, f"/decisions/{asked.request.pk}/")
    assert "Not ready: 1 of 2 checks is not met" in page
    assert "accuracy is 0.8225; the policy asks for ≥ 0.90." in page
    assert page.index("≥ 0.90") < page.index("Artifacts complete")
    assert "Review and sign" not in page


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("owner", "You own or have owned churn-model."),
        ("developer", "You are or were a developer of churn-model."),
        ("administrator", "Signing here takes the role validator or approver"),
        ("compliance", "Signing here takes the role validator or approver"),
    ],
)
def test_says_why_this_reader_signs_nothing_in_place_of_the_button(
    cast: Cast, who: str, reason: str
) -> None:
    request = waiting_request(cast)
    page = read(getattr(cast, who), f"/decisions/{request.pk}/")
    assert reason in page
    assert "Review and sign" not in page


def test_whoever_has_signed_is_told_so(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    page = read(cast.validator, f"/decisions/{request.pk}/")
    assert "You have signed this already." in page
    assert "1 of 2" in page
    assert "Review and sign" not in page


def test_cannot_be_seen_from_outside(cast: Cast) -> None:
    request = waiting_request(cast)
    unseen = read(cast.outsider, f"/decisions/{request.pk}/", status=404)
    absent = read(cast.outsider, f"/decisions/{cast.unit.pk}/", status=404)
    assert without_tokens(unseen) == without_tokens(absent)
    for path in ("sign/", "withdraw/"):
        response = signed_in(cast.outsider).post(f"/decisions/{request.pk}/{path}")
        assert response.status_code == 404


def without_tokens(page: str) -> list[str]:
    """A page without what differs each time."""
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]


def test_compares_with_the_last_approval_by_words(cast: Cast) -> None:
    first = waiting_request(cast)
    sign(first, cast.validator, Role.VALIDATOR)
    sign(first, cast.approver, Role.APPROVER)
    second = challenger(cast, first.version)
    rewritten = card_sections(intended_use="Choosing whom to call, but not whom to leave alone.")
    save_draft(version=second.version, sections=rewritten, base=1, actor=cast.developer, at=NOON)
    publish_card(version=second.version, actor=cast.owner, at=NOON)
    page = read(cast.approver, f"/decisions/{second.pk}/")
    assert "version 1, approved" in page
    assert "model card" in page
    assert "<ins>" in page
    assert "<del>0.95</del> → <ins>0.96</ins>" in page
    assert "Then version 2 replaces version 1." in page
    assert "+0.01" in page


def test_says_that_a_signature_no_longer_counts(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    factories.make_report(cast, request.version, at=factories.later(hours=1))
    page = read(cast.approver, f"/decisions/{request.pk}/")
    said = page.split("No longer counts")[1].split("<")[0]
    assert said == ": validation report changed since."
    assert "0 of 2" in page


def test_a_closed_request_shows_what_was_decided_with_its_certificates(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR, comment="Reperformed.")
    sign(request, cast.approver, Role.APPROVER)
    request.refresh_from_db()
    page = read(cast.owner, f"/decisions/{request.pk}/")
    assert "Approved on 2 Mar 2026" in page
    assert "Version 1 went to Production on 2 Mar 2026." in page
    assert "as they were when it was decided" in page
    assert "2 Mar 2026, 12:00:00 UTC" in page
    assert "Reperformed." in page
    assert request.decided_digest[:16] in page
    assert 'class="rosette"' in page
    assert "Ledger entry" in page
    assert "Review and sign" not in page


def test_a_closed_request_keeps_its_facts_when_the_world_moves_on(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    sign(request, cast.approver, Role.APPROVER)
    factories.make_policy(
        cast, factories.TO_PRODUCTION.replace("0.90", "0.99"), at=factories.later(days=1)
    )
    page = read(cast.owner, f"/decisions/{request.pk}/")
    assert "≥ 0.90" in page
    assert "≥ 0.99" not in page


@pytest.mark.parametrize(
    ("decision", "title"),
    [
        (Decision.RETURN, "Returned for changes by Arno Approver"),
        (Decision.REJECT, "Rejected by Arno Approver"),
    ],
)
def test_a_refused_request_says_by_whom_and_why(cast: Cast, decision: Decision, title: str) -> None:
    request = waiting_request(cast)
    sign(request, cast.approver, Role.APPROVER, decision=decision, comment="Slices are missing.")
    page = read(cast.owner, f"/decisions/{request.pk}/")
    assert title in page
    assert "“Slices are missing.”" in page


def test_without_a_policy_nobody_can_decide_and_the_page_says_so(cast: Cast) -> None:
    request = waiting_request(cast)
    narrowed = factories.TO_PRODUCTION.replace("from: [STAGING]", "from: [STAGING], tiers: [1]")
    factories.make_policy(cast, narrowed)
    page = read(cast.approver, f"/decisions/{request.pk}/")
    assert "Nobody can decide this now" in page
    assert "No policy in force lets a Tier 3 version go" in page
    assert "Take the request back" in read(cast.developer, f"/decisions/{request.pk}/")


def test_the_number_of_queries_depends_on_nothing_that_grows(cast: Cast) -> None:
    request = waiting_request(cast)
    small = queries(cast.approver, f"/decisions/{request.pk}/")
    for number in range(3):
        factories.make_person(f"More Approvers {number}", Role.APPROVER, unit=cast.root)
        version = factories.make_version(cast, request.model, metrics={"accuracy": "0.97"})
        ask_for_stage(version=version, target=Stage.STAGING, actor=cast.developer, at=NOON)
    assert queries(cast.approver, f"/decisions/{request.pk}/") == small


def queries(user: User, path: str) -> int:
    client = signed_in(user)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)


def test_what_the_page_carries_is_what_its_digest_says(cast: Cast) -> None:
    request = waiting_request(cast)
    page = read(cast.approver, f"/decisions/{request.pk}/")
    step = read(cast.approver, f"/decisions/{request.pk}/sign/")
    shown = page.split('data-copy="sha256:')[1][:64]
    assert f"sha256:{shown[:24]}" in step
    assert hidden(step, "decision") == "APPROVE"


@pytest.mark.parametrize("path", ["/", "/decisions/"])
def test_lists_of_requests_take_as_many_queries_for_four_as_for_one(cast: Cast, path: str) -> None:
    waiting_request(cast)
    few = queries(cast.approver, path)
    for name in ("second-model", "third-model", "fourth-model"):
        model = factories.make_model(cast, name=name)
        version = factories.make_version(cast, model, metrics={"accuracy": "0.95"})
        factories.make_ready(cast, version)
    assert queries(cast.approver, path) <= few


def test_says_on_whose_account_a_pipeline_asked(cast: Cast) -> None:
    request = waiting_request(cast)
    holder, _ = factories.make_token(cast, name="nightly-pipeline")
    version = factories.make_version(cast, request.model, metrics={"accuracy": "0.8"})
    asked = ask_for_stage(version=version, target=Stage.STAGING, actor=holder, at=NOON)
    assert asked.request is not None
    page = read(cast.approver, f"/decisions/{asked.request.pk}/")
    assert "Dev Singh" in page
    assert "through the service account nightly-pipeline" in page


def test_a_request_whose_version_went_another_way_is_closed_to_signatures(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    factories.ask(cast, request.version, Stage.ARCHIVED)
    page = read(cast.approver, f"/decisions/{request.pk}/")
    assert "Overtaken by another move" in page
    assert "Review and sign" not in page
    answer = sign_on_page(cast.approver, request, role="APPROVER", seen=seen, comment="Still.")
    assert answer.status_code == 409
    assert "Still." in answer.content.decode()
