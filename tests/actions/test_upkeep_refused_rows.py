"""Reviews, attestations and waivers written past the actions: the database itself refuses them."""

from __future__ import annotations

import pytest

from governance.accounts.models import User
from governance.audit.actions import write_prose
from governance.evidence.queries.collecting import collect
from governance.inventory.actions import edit_model
from governance.inventory.actions.attestations import end_campaign, open_next_campaign
from governance.inventory.actions.waivers import end_waiver
from governance.inventory.models import Attestation, Campaign, Model, Review, Waiver, WaiverDecision
from tests import factories as f
from tests.actions.test_refused_rows import forbidden
from tests.factories import NOON, Cast
from tests.upkeep import approved, attested, campaign, head_of, review, waiver

pytestmark = [pytest.mark.backend, pytest.mark.django_db]


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def reviewed(model: Model, who: User) -> None:
    Review(
        model=model, kind="PERIODIC", outcome="NO_CHANGE", words=write_prose("x"),
        reviewer=who, reviewed_at=NOON, record_digest="0" * 64, next_review_date=NOON.date(),
    ).save(force_insert=True)  # fmt: skip


def decided(row: Waiver, who: User) -> None:
    WaiverDecision(
        waiver=row, approved=True, decided_by=who, printed_name=write_prose("x"), proof="PASSWORD",
        decided_at=NOON,
    ).save(force_insert=True)  # fmt: skip


def stated(row: Campaign, who: User) -> None:
    Attestation(
        item=row.items.get(), owner=who, printed_name=write_prose("x"), outcome="ACCURATE",
        snapshot=write_prose("{}"), record_digest="0" * 64, proof="PASSWORD", attested_at=NOON,
    ).save(force_insert=True)  # fmt: skip


@pytest.mark.parametrize("who", ["owner", "developer"])
def test_who_owns_or_builds_judges_nothing(cast: Cast, model: Model, who: str) -> None:
    row = waiver(model, cast.validator)
    with forbidden("does not review it"):
        reviewed(model, getattr(cast, who))
    with forbidden("does not decide on its waiver"):
        decided(row, getattr(cast, who))


def test_who_asked_decides_nothing(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.validator)
    with forbidden("Who asked for the waiver"):
        decided(row, cast.validator)
    decided(row, cast.approver)


def test_what_was_withdrawn_is_not_decided(cast: Cast, model: Model) -> None:
    row = waiver(model, cast.validator)
    end_waiver(waiver_id=row.pk, reason="Mended.", actor=cast.validator, at=NOON)
    with forbidden("What was withdrawn"):
        decided(row, cast.approver)


def test_only_the_owner_of_today_attests(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    with forbidden("Only the owner"):
        stated(row, cast.developer)
    Model.objects.update(owner=cast.developer)
    with forbidden("Only the owner"):
        stated(row, cast.owner)
    stated(row, cast.developer)


def test_of_a_model_that_nobody_owns_nobody_attests(cast: Cast, model: Model) -> None:
    row = campaign(cast)
    Model.objects.update(owner=None)
    with forbidden("Only the owner"):
        stated(row, cast.owner)


@pytest.mark.parametrize("followed", [False, True])
def test_in_a_campaign_that_is_over_nobody_attests(
    cast: Cast, model: Model, followed: bool
) -> None:
    row = campaign(cast, repeat_months=1)
    if followed:
        open_next_campaign(campaign_id=row.pk, actor=cast.compliance, at=f.later(days=40))
    else:
        end_campaign(campaign_id=row.pk, actor=cast.compliance, at=NOON)
    with forbidden("In a campaign that is over"):
        stated(row, cast.owner)


def test_a_pack_holds_all_of_it_with_its_texts(cast: Cast, model: Model) -> None:
    review(model, cast.validator, words="Read every line.")
    attested(campaign(cast), model, cast.owner, outcome="WITH_REMARKS", remarks="Soon another.")
    approved(waiver(model, cast.owner), head_of(cast), comment="Once only.")
    record = f.edited_record(model, purpose="Another one.")
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    held = collect([model])
    assert {"review", "attestation", "waiver", "waiver_decision"} <= held["records"].keys()
    texts = " ".join(prose["text"] for prose in held["prose"])
    for said in ("Read every line.", "Soon another.", "Once only.", "by hand", '"statement"'):
        assert said in texts
