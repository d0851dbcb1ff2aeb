"""Reviews, attestations and waivers on pages."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.rules import Role
from governance.inventory.actions import edit_model
from governance.inventory.actions.attestations import end_campaign
from governance.inventory.models import (
    Attestation,
    Campaign,
    Model,
    Review,
    Waiver,
    WaiverDecision,
)
from governance.inventory.queries import record_digest
from governance.inventory.rules import Tier
from tests import factories as f
from tests.factories import NOON, PASSWORD, Cast
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read, signed_in
from tests.upkeep import approved, attested, campaign, head_of, review, waiver
from tests.world import newest_entry, nothing_moves


def today() -> date:
    return timezone.now().date()


def ahead(days: int) -> date:
    return today() + timedelta(days=days)


@pytest.fixture
def model(cast: Cast) -> Model:
    everybody_signs_in(cast)
    return f.make_model(cast)


@pytest.fixture
def asked(cast: Cast, model: Model) -> Campaign:
    return campaign(cast, due_date=ahead(20), at=timezone.now())


def entered(model: Model, *, days_ago: int) -> None:
    Model.objects.filter(pk=model.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    model.refresh_from_db()


def changed(cast: Cast, model: Model) -> None:
    record = f.edited_record(model, purpose="Another one.")
    edit_model(model=model, record=record, actor=cast.owner, at=timezone.now())
    model.refresh_from_db()


def said_of(model: Model, **more: Any) -> dict[str, Any]:
    return {
        "outcome": "NO_CHANGE",
        "words": "Read it all.",
        "next_review_date": ahead(300).isoformat(),
        "digest": record_digest(model),
    } | more


# --- reviews -------------------------------------------------------------------------------------


def test_a_review_is_recorded_beside_the_record(cast: Cast, model: Model) -> None:
    page = read(cast.validator, "/models/churn-model/review/")
    assert "Says which customers are likely to leave." in page
    assert "Olga Owner" in page
    assert hidden(page, "digest") == record_digest(model)
    sent = post(cast.validator, "/models/churn-model/review/", **said_of(model))
    assert sent["Location"] == "/models/churn-model/"
    assert Review.objects.get().next_review_date == ahead(300)
    page = read(cast.validator, "/models/churn-model/")
    assert "Your review is on record." in page
    assert "No change" in page
    assert "Read it all." in read(cast.owner, "/reviews/?view=done")


def test_of_a_record_that_changed_meanwhile_the_page_comes_again(cast: Cast, model: Model) -> None:
    said = said_of(model)
    changed(cast, model)
    with nothing_moves(entries=["call.refused"]):
        sent = post(cast.validator, "/models/churn-model/review/", **said)
    page = sent.content.decode()
    assert sent.status_code == 409
    assert "was changed after you opened the page" in page
    assert "Another one." in page
    assert "Read it all." in page
    assert hidden(page, "digest") == record_digest(model)
    assert newest_entry(model.stream).facts["rule"] == "record_changed"


def test_what_is_wrong_is_named_at_its_field(cast: Cast, model: Model) -> None:
    said = said_of(model, next_review_date=ahead(5000).isoformat())
    with nothing_moves():
        sent = post(cast.validator, "/models/churn-model/review/", **said)
    assert sent.status_code == 422
    assert "no later than" in sent.content.decode()


@pytest.mark.parametrize("who", ["owner", "developer", "approver"])
def test_who_may_not_review_is_told_why_in_place_of_the_form(
    cast: Cast, model: Model, who: str
) -> None:
    person = getattr(cast, who)
    page = read(person, "/models/churn-model/review/")
    assert "Recording a review takes the role validator or head of model risk." in page
    assert "Vera Valid" in page
    with nothing_moves(entries=["call.refused"]):
        sent = post(person, "/models/churn-model/review/", **said_of(model))
    assert sent.status_code == 403


def test_who_builds_it_is_told_that(cast: Cast, model: Model) -> None:
    builder = f.make_person("Bea Both", Role.VALIDATOR, unit=cast.unit)
    record = f.edited_record(model, developers=[builder])
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    assert "You are or were developer of churn-model." in read(
        builder, "/models/churn-model/review/"
    )


def test_what_is_due_stands_in_its_view(cast: Cast, model: Model) -> None:
    entered(model, days_ago=365 * 3 + 30)
    page = read(cast.validator, "/reviews/")
    assert "days late" in page
    assert 'href="/models/churn-model/review/"' in page
    assert 'href="/models/churn-model/review/"' not in read(cast.owner, "/reviews/")
    assert "Nothing in this view" in read(cast.validator, "/reviews/?view=due")
    entered(model, days_ago=365 * 3 - 30)
    assert "churn-model" in read(cast.validator, "/reviews/?view=due")
    entered(model, days_ago=1)
    assert "churn-model" in read(cast.validator, "/reviews/?view=later")


def test_an_overdue_review_waits_for_validators_and_tells_the_owner(
    cast: Cast, model: Model
) -> None:
    entered(model, days_ago=365 * 3 + 30)
    assert "Review churn-model" in read(cast.validator, "/")
    assert "Have somebody review churn-model" in read(cast.owner, "/")
    assert "1 review overdue" in read(cast.developer, "/")
    assert "eview churn-model" not in read(cast.developer, "/")
    row = waiver(
        model, cast.owner, kind="OVERDUE_REVIEW", starts_date=today(), expires_date=ahead(40),
        at=timezone.now(),
    )  # fmt: skip
    approved(row, head_of(cast), at=timezone.now())
    assert "eview churn-model" not in read(cast.validator, "/")
    assert "Waived" in read(cast.validator, "/reviews/")


# --- attestations --------------------------------------------------------------------------------


def given_for(model: Model, **more: Any) -> dict[str, Any]:
    return {"outcome": "ACCURATE", "digest": record_digest(model), "password": PASSWORD} | more


def test_an_owner_attests_to_the_whole_record(cast: Cast, model: Model, asked: Campaign) -> None:
    address = f"/attestations/{asked.pk}/models/churn-model/"
    assert f'href="{address}"' in read(cast.owner, "/")
    assert f'href="{address}"' in read(cast.owner, "/attestations/")
    assert f'href="{address}"' in read(cast.owner, "/models/churn-model/")
    page = read(cast.owner, address)
    for said in ("The record is complete and accurate.", model.purpose, model.intended_use):
        assert said in page
    sent = post(cast.owner, address, **given_for(model))
    assert sent["Location"] == f"/attestations/{asked.pk}/"
    assert Attestation.objects.get().proof == "PASSWORD"
    assert "Attest to the record" not in read(cast.owner, "/")
    assert "1 of 1" in read(cast.auditor, f"/attestations/{asked.pk}/")
    assert "Olga Owner attested to it on" in read(cast.owner, address)


def test_a_wrong_password_attests_to_nothing(cast: Cast, model: Model, asked: Campaign) -> None:
    address = f"/attestations/{asked.pk}/models/churn-model/"
    with nothing_moves(entries=["call.refused"]):
        sent = post(cast.owner, address, **given_for(model, password="wrong"))
    assert sent.status_code == 403
    assert "That password is not right." in sent.content.decode()


def test_a_record_that_changed_meanwhile_is_shown_again(
    cast: Cast, model: Model, asked: Campaign
) -> None:
    address, said = f"/attestations/{asked.pk}/models/churn-model/", given_for(model)
    changed(cast, model)
    with nothing_moves(entries=["call.refused"]):
        sent = post(cast.owner, address, **said)
    page = sent.content.decode()
    assert (sent.status_code, hidden(page, "digest")) == (409, record_digest(model))
    assert "Another one." in page
    assert post(cast.owner, address, **given_for(model))["Location"]


@pytest.mark.parametrize("who", ["developer", "validator", "compliance"])
def test_others_read_it_and_are_told_whose_it_is(
    cast: Cast, model: Model, asked: Campaign, who: str
) -> None:
    address = f"/attestations/{asked.pk}/models/churn-model/"
    assert "Olga Owner owns churn-model now." in read(getattr(cast, who), address)
    with nothing_moves(entries=["call.refused"]):
        assert post(getattr(cast, who), address, **given_for(model)).status_code == 403


def test_a_campaign_is_opened_ended_and_followed_on_pages(cast: Cast, model: Model) -> None:
    assert "Opening a campaign takes the role" in read(cast.owner, "/attestations/new/")
    said: dict[str, Any] = {
        "title": "Year end",
        "statement": "It is accurate.",
        "unit": str(cast.root.pk),
        "tiers": ["3"],
        "due_date": ahead(20).isoformat(),
        "repeat_months": "3",
    }
    with nothing_moves():
        refused = post(cast.compliance, "/attestations/new/", **said | {"due_date": "2020-01-01"})
    assert refused.status_code == 422
    sent = post(cast.compliance, "/attestations/new/", **said)
    row = Campaign.objects.get()
    assert sent["Location"] == f"/attestations/{row.pk}/"
    page = read(cast.compliance, sent["Location"])
    assert "Tier 3 in Bank" in page
    assert "Every 3 months" in page
    assert "Open the next one now" not in page
    with nothing_moves(entries=["call.refused"]):
        assert post(cast.compliance, f"/attestations/{row.pk}/next/").status_code == 409
    with nothing_moves(entries=["call.refused"]):
        assert post(cast.owner, f"/attestations/{row.pk}/end/").status_code == 403
    post(cast.compliance, f"/attestations/{row.pk}/end/")
    page = read(cast.compliance, f"/attestations/{row.pk}/")
    assert "Not attested" in page
    assert "End the campaign" not in page


def test_who_keeps_a_campaign_opens_the_next_one_if_no_clock_did(cast: Cast, model: Model) -> None:
    row = campaign(cast, repeat_months=1)  # its day has long passed
    page = read(cast.compliance, f"/attestations/{row.pk}/")
    assert "Open the next one now" in page
    assert "Open the next one now" not in read(cast.owner, f"/attestations/{row.pk}/")
    sent = post(cast.compliance, f"/attestations/{row.pk}/next/")
    following = Campaign.objects.get(previous=row)
    assert sent["Location"] == f"/attestations/{following.pk}/"
    assert f'href="/attestations/{row.pk}/"' in read(cast.compliance, sent["Location"])
    assert "the one that followed" in read(cast.compliance, f"/attestations/{row.pk}/")


def test_progress_is_a_file_that_no_spreadsheet_runs(cast: Cast, model: Model) -> None:
    other = f.make_model(cast, name="=other")
    row = campaign(cast)
    attested(row, model, cast.owner, outcome="WITH_REMARKS", remarks="=HYPERLINK(1)")
    attested(row, other, cast.owner)
    response = signed_in(cast.auditor).get(f"/attestations/{row.pk}/progress.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="attestation-2026-03-02.csv"'
    head, first, second = csv.reader(io.StringIO(response.content.decode("utf-8-sig")))
    assert (head[0], first[0], second[0]) == ("model", "'=other", "churn-model")
    assert second[5:8] == ["Attested", "Accurate, with remarks", "Olga Owner"]
    assert second[9] == "'=HYPERLINK(1)"


# --- waivers -------------------------------------------------------------------------------------


def wanted(**more: Any) -> dict[str, Any]:
    return {
        "kind": "OTHER",
        "waived": "The card is late.",
        "reason": "The author is ill.",
        "control": "Two read each decision.",
        "starts_date": today().isoformat(),
        "expires_date": ahead(20).isoformat(),
    } | more


def test_a_waiver_is_asked_for_approved_and_ended_on_pages(cast: Cast, model: Model) -> None:
    assert 'href="/models/churn-model/waivers/new/"' in read(cast.owner, "/models/churn-model/")
    sent = post(cast.owner, "/models/churn-model/waivers/new/", **wanted())
    row = Waiver.objects.get()
    address = f"/waivers/{row.pk}/"
    assert sent["Location"] == address
    assert "Approve or refuse a waiver for churn-model" in read(cast.approver, "/")
    assert "Approve or refuse a waiver" not in read(cast.owner, "/")
    assert "The card is late." in read(cast.approver, "/waivers/?view=requested")
    assert "Two read each decision." in read(cast.approver, address)
    post(cast.approver, f"{address}decide/", decision="APPROVE", comment="Once.", password=PASSWORD)
    assert WaiverDecision.objects.get().approved
    assert "Ends soon" in read(cast.owner, "/models/churn-model/")
    assert "Settle what the waiver for churn-model lets off" in read(cast.owner, "/")
    assert "The card is late." in read(cast.auditor, "/waivers/?view=expiring&model=churn-model")
    assert "No waiver in this view" in read(cast.auditor, "/waivers/?model=another")
    refused = post(cast.owner, f"{address}end/")
    assert refused.status_code == 422
    post(cast.owner, f"{address}end/", **{"end-reason": "The card is there."})
    assert "Ended early" in read(cast.auditor, address)


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("owner", "Deciding on a waiver takes the role"),
        ("validator", "Deciding on a waiver takes the role"),
    ],
)
def test_who_does_not_decide_is_told_why(cast: Cast, model: Model, who: str, said: str) -> None:
    row = waiver(model, cast.owner, starts_date=today(), expires_date=ahead(9), at=timezone.now())
    assert said in read(getattr(cast, who), f"/waivers/{row.pk}/")
    with nothing_moves(entries=["call.refused"]):
        sent = post(
            getattr(cast, who), f"/waivers/{row.pk}/decide/", decision="APPROVE", password=PASSWORD
        )
    assert sent.status_code == 403


def test_a_refusal_needs_its_reason_and_a_password(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.owner, starts_date=today(), expires_date=ahead(9), at=timezone.now())
    address = f"/waivers/{row.pk}/decide/"
    with nothing_moves():
        silent = post(cast.approver, address, decision="REFUSE", password=PASSWORD)
    assert "Say why it is refused." in silent.content.decode()
    with nothing_moves(entries=["call.refused"]):
        wrong = post(cast.approver, address, decision="REFUSE", comment="No.", password="wrong")
    assert wrong.status_code == 403
    post(cast.approver, address, decision="REFUSE", comment="No.", password=PASSWORD)
    assert "Refused" in read(cast.owner, f"/waivers/{row.pk}/")


def test_one_that_has_run_out_says_so_wherever_it_is_seen(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.owner)  # through June
    approved(row, head_of(cast))
    assert "It holds no more." in read(cast.owner, f"/waivers/{row.pk}/")
    assert "Expired" in read(cast.owner, "/models/churn-model/")
    assert "Use before validation" in read(cast.owner, "/waivers/?view=expired")
    assert "No waiver in this view" in read(cast.owner, "/waivers/")


# --- who sees what, and at what cost -------------------------------------------------------------


def addresses(model: Model, cast: Cast) -> list[str]:
    row, one = campaign(cast), waiver(model, cast.owner)
    return [
        f"/models/{model.name}/review/",
        f"/models/{model.name}/waivers/new/",
        f"/attestations/{row.pk}/",
        f"/attestations/{row.pk}/progress.csv",
        f"/attestations/{row.pk}/models/{model.name}/",
        f"/waivers/{one.pk}/",
    ]


def test_what_one_may_not_see_is_not_there(cast: Cast, model: Model) -> None:
    for path in addresses(model, cast):
        assert signed_in(cast.auditor).get(path).status_code == 200, path
        assert signed_in(cast.outsider).get(path).status_code == 404, path
    for path in ("/reviews/", "/reviews/?view=done", "/attestations/", "/waivers/?view=all"):
        assert "churn-model" not in read(cast.outsider, path)


def test_of_a_campaign_one_sees_the_models_that_one_may_see(cast: Cast, model: Model) -> None:
    narrow = f.make_person("Nora Narrow", Role.VALIDATOR, unit=cast.unit)
    Model.objects.filter(pk=model.pk).update(unit=cast.root)
    f.make_model(cast, name="in-retail")
    row = campaign(cast)
    page = read(narrow, f"/attestations/{row.pk}/")
    assert "in-retail" in page
    assert "churn-model" not in page
    assert "churn-model" in read(cast.auditor, f"/attestations/{row.pk}/")


@pytest.mark.parametrize(
    "path", ["/reviews/", "/reviews/?view=done", "/attestations/", "/attestations/{}/",
             "/waivers/?view=all", "/models/churn-model/"],
)  # fmt: skip
def test_queries_do_not_grow_with_rows(cast: Cast, model: Model, path: str) -> None:
    def grow(name: str) -> None:
        made = f.make_model(cast, name=name, tier=Tier.ONE)
        for one in (made, model):
            review(one, cast.validator)
            approved(waiver(one, cast.owner), head)
        row = campaign(cast)
        attested(row, made, cast.owner)

    def queries() -> int:
        newest = max(Campaign.objects.all(), key=lambda row: row.items.count())
        signed_in(cast.auditor).get(path.format(newest.pk))
        with CaptureQueriesContext(connection) as captured:
            response = signed_in(cast.auditor).get(path.format(newest.pk))
        assert response.status_code == 200
        return len(captured)

    head = head_of(cast)
    grow("first")
    end_campaign(campaign_id=Campaign.objects.get().pk, actor=cast.compliance, at=NOON)
    grow("second")
    few = queries()
    grow("third")
    grow("fourth")
    assert queries() == few
