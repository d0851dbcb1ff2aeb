"""Changes of a live model on pages: proposed, read with what they cost, decided, taken back."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from governance.accounts.models import User
from governance.inventory.actions import propose_change
from governance.inventory.models import ChangeDecision, Model, ModelChange
from governance.inventory.rules.model_changes import Rationale
from tests import factories as f
from tests.factories import PASSWORD, Cast
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read, signed_in
from tests.upkeep import head_of
from tests.world import newest_entry, nothing_moves

CHANGES = "/models/churn-model/changes/"
CHANGE = f"{CHANGES}1/"
REASON = "Instant payments are scored since spring."


@pytest.fixture
def model(cast: Cast) -> Model:
    everybody_signs_in(cast)
    f.make_policies(cast)
    version = f.make_version(cast, f.make_model(cast))
    f.make_champion(cast, version)
    return Model.objects.get(pk=version.model_id)


@pytest.fixture
def head(cast: Cast) -> User:
    return head_of(cast)


@pytest.fixture
def change(cast: Cast, model: Model) -> ModelChange:
    return propose_change(
        model=model,
        record=f.edited_record(model, intended_use="Calls and <b>letters</b>.", purpose="Ranks."),
        rationale=Rationale(materiality="MINOR", reason=REASON),
        actor=cast.owner,
        at=timezone.now(),
    )


def decide(who: User, **said: Any) -> Any:
    shown = read(who, CHANGE)
    sent = {
        "decision": "ACCEPT",
        "materiality": "MATERIAL",
        "comment": "",
        "password": PASSWORD,
        "digest_seen": hidden(shown, "digest_seen"),
    }
    return post(who, f"{CHANGE}decide/", **sent | said)


def test_another_platform_is_proposed_on_the_page(cast: Cast, model: Model) -> None:
    sent = post(
        cast.owner, CHANGES, change_kinds=["PLATFORM"], materiality="MINOR", change_reason=REASON
    )
    assert sent["Location"] == CHANGE
    page = read(cast.owner, CHANGE)
    assert REASON in page
    assert "The same as now" in page
    assert "1 of 3" not in read(cast.owner, CHANGES)


def test_what_is_missing_is_named_and_what_was_typed_stays(cast: Cast, model: Model) -> None:
    with nothing_moves():
        sent = post(cast.owner, CHANGES, change_reason=REASON)
    page = sent.content.decode()
    assert sent.status_code == 422
    assert "Say what of the model is changed." in page
    assert "Say whether it is material or minor." in page
    assert REASON in page


def test_a_reader_is_told_why_they_propose_nothing(cast: Cast, model: Model) -> None:
    page = read(cast.approver, CHANGES)
    assert "Proposing a change takes the role model owner." in page
    with nothing_moves(entries=["call.refused"]):
        sent = post(
            cast.approver, CHANGES,
            change_kinds=["PLATFORM"], materiality="MINOR", change_reason=REASON,
        )  # fmt: skip
    assert sent.status_code == 403


def test_the_page_shows_the_difference_and_what_it_costs(
    cast: Cast, model: Model, change: ModelChange, head: User
) -> None:
    page = read(head, CHANGE)
    assert "&lt;b&gt;letters&lt;/b&gt;" in page
    assert "Ends: to be confirmed in service by a new approval" in page
    assert "version 1 serves on it" in page
    assert "Waits for a review" in page
    for place in ("/models/churn-model/", "/"):
        assert f'href="{CHANGE}"' in read(head, place)


def test_accepted_it_stands_in_the_record(
    cast: Cast, model: Model, change: ModelChange, head: User
) -> None:
    assert decide(head)["Location"] == CHANGE
    page = read(cast.owner, CHANGE)
    assert "Accepted by" in page
    assert "Ranks." in read(cast.owner, "/models/churn-model/record/")
    page = read(cast.validator, "/models/churn-model/")
    assert "A validation is due since" in page
    assert "1 material change is not validated yet." in page
    assert "changed materially on" in page
    assert "Validate churn-model anew" in read(cast.validator, "/")
    assert "Have somebody validate churn-model anew" in read(cast.owner, "/")


def test_a_wrong_password_decides_nothing(
    cast: Cast, model: Model, change: ModelChange, head: User
) -> None:
    sent = decide(head, password="wrong", comment="Agreed.")
    page = sent.content.decode()
    assert sent.status_code == 403
    assert "Agreed." in page
    assert not ChangeDecision.objects.exists()


def test_declining_needs_its_reason(
    cast: Cast, model: Model, change: ModelChange, head: User
) -> None:
    read(head, CHANGE)
    with nothing_moves():
        sent = decide(head, decision="DECLINE")
    assert sent.status_code == 422
    assert "Say why it is declined." in sent.content.decode()
    decide(head, decision="DECLINE", comment="Not before it is measured.")
    assert "Not before it is measured." in read(cast.owner, CHANGE)
    assert newest_entry(model.stream).verb == "model_change.declined"


def test_the_owner_decides_nothing_and_takes_it_back(
    cast: Cast, model: Model, change: ModelChange
) -> None:
    page = read(cast.owner, CHANGE)
    assert "Deciding on a change takes the role" in page
    post(cast.owner, f"{CHANGE}withdraw/", **{"withdraw-comment": "Not needed."})
    page = read(cast.owner, CHANGE)
    assert "Withdrawn by" in page
    assert "Not needed." in page


def test_an_outsider_sees_no_change(cast: Cast, model: Model, change: ModelChange) -> None:
    for place in (CHANGES, CHANGE, f"{CHANGES}2/"):
        assert read_status(cast.outsider, place) == 404
    assert read_status(cast.owner, f"{CHANGES}2/") == 404


def read_status(who: User, place: str) -> int:
    return int(signed_in(who).get(place).status_code)
