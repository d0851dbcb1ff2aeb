"""The record of a model and what it depends on: read by who sees it, kept by its owner."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance.accounts.actions import edit_user, end_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.audit.models import LedgerEntry
from governance.cards.models import CardRevision
from governance.inventory.actions import (
    ModelRecord,
    add_feeder,
    create_model,
    define_field,
    edit_model,
)
from governance.inventory.models import Dependency, Model
from governance.inventory.rules import FieldDefinition
from tests import factories as f
from tests.factories import NOON, Cast
from tests.world import nothing_moves


def visitor(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(user: User, path: str) -> str:
    response = visitor(user).get(path)
    assert response.status_code == 200
    return response.content.decode()


def keep(cast: Cast, model: Model, **changed: Any) -> None:
    record = replace(ModelRecord.of(model), **changed)
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)


def feed(cast: Cast, feeder: Model, consumer: Model) -> Dependency:
    return add_feeder(
        consumer=consumer, feeder=feeder, flows="Its score, each night.",
        since_date=date(2026, 1, 5), actor=cast.owner, at=NOON,
    )  # fmt: skip


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


RECORD = "/models/churn-model/record/"
DEPENDENCIES = "/models/churn-model/dependencies/"


class TestTheRecord:
    def test_says_what_is_kept_and_shows_what_is_not(self, cast: Cast, model: Model) -> None:
        definition = FieldDefinition(label="Model line", value_type="BOOLEAN")
        define_field(key="line", definition=definition, actor=cast.administrator, at=NOON)
        keep(
            cast, model, origin="VENDOR", vendor_name="Acme & Sons", validator=cast.validator,
            excluded_use="Setting prices.\nScreening staff.", custom={"line": "yes"},
            contract_end_date=date(2026, 1, 5), jurisdictions=["DE"],
        )  # fmt: skip
        page = page_of(cast.auditor, RECORD)
        for said in (
            "Vendor model", "Acme &amp; Sons", "Vera Valid", "Arno Approver", "Setting prices.",
            "Model line", "Yes", "5 Jan 2026", "late", "Says which customers", "Tier 3",
            "Advises staff; decides nothing alone.",
        ):  # fmt: skip
            assert said in page, said
        assert page.count("Not said") >= 5
        assert "Edit the record" not in page
        assert "This record is complete." in page

    def test_the_owner_is_led_to_the_form(self, cast: Cast, model: Model) -> None:
        page = page_of(cast.owner, RECORD)
        assert f'href="/admin/inventory/model/{model.pk}/change/"' in page

    def test_what_one_may_not_see_is_not_there(self, cast: Cast, model: Model) -> None:
        for path in (RECORD, DEPENDENCIES):
            assert visitor(cast.outsider).get(path).status_code == 404

    def test_a_unit_without_approvers_and_an_owner_who_left_are_flagged(
        self, cast: Cast, model: Model
    ) -> None:
        for person in (cast.approver, cast.second_approver):
            end_role(grant=person.grants.get(), actor=CONSOLE, at=timezone.now())
        edit_user(user=cast.owner, name="Olga", is_active=False, actor=CONSOLE, at=NOON)
        keep_said = "lacks an active owner, an approver in Retail credit."
        for path in (RECORD, "/models/churn-model/"):
            assert keep_said in page_of(cast.validator, path)
        assert "has left" in page_of(cast.validator, RECORD)

    def test_a_draft_says_so_first(self, cast: Cast) -> None:
        create_model(name="raw", unit=cast.unit, actor=cast.developer, at=NOON)
        page = page_of(cast.validator, "/models/raw/record/")
        assert "This record is a draft" in page
        assert "lacks an owner, a purpose, an intended use, a kind, a risk tier." in page

    def test_queries_do_not_grow_with_what_it_says(self, cast: Cast, model: Model) -> None:
        def asked(path: str) -> int:
            client = visitor(cast.auditor)
            client.get(path)
            with CaptureQueriesContext(connection) as captured:
                client.get(path)
            return len(captured)

        feed(cast, f.make_model(cast, name="feeder-0"), model)
        feed(cast, model, f.make_model(cast, name="consumer-0"))
        few = [asked(path) for path in (RECORD, DEPENDENCIES)]
        for index in range(1, 5):
            feed(cast, f.make_model(cast, name=f"feeder-{index}"), model)
            feed(cast, Model.objects.get(name=f"consumer-{index - 1}"),
                 f.make_model(cast, name=f"consumer-{index}"))  # fmt: skip
        assert [asked(path) for path in (RECORD, DEPENDENCIES)] == few


class TestDependencies:
    def post(self, client: Client, **said: str) -> Any:
        filled = {"feeder": "bureau-score", "flows": "Scores.", "since_date": "2026-01-05"}
        return client.post(DEPENDENCIES, filled | said)

    @pytest.fixture
    def feeder(self, cast: Cast, model: Model) -> Model:
        return f.make_model(cast, name="bureau-score")

    def test_the_owner_adds_a_feeder_and_ends_it(self, cast: Cast, feeder: Model) -> None:
        assert self.post(visitor(cast.owner)).status_code == 302
        row = Dependency.objects.get()
        page = page_of(cast.owner, DEPENDENCIES)
        assert "Scores." in page
        assert "It rests on 1 model, 1 of them directly" in page
        end = f"{DEPENDENCIES}{row.pk}/end/"
        assert end in page
        assert visitor(cast.owner).post(end).status_code == 302
        row.refresh_from_db()
        assert row.ended_by == cast.owner.ref
        assert visitor(cast.owner).post(end).status_code == 409

    def test_the_aggregate_view_says_what_breaks(
        self, cast: Cast, model: Model, feeder: Model
    ) -> None:
        f.make_policies(cast)
        f.make_champion(cast, f.make_version(cast, model))
        last = f.make_model(cast, name="last", tier=1)
        feed(cast, feeder, model)
        feed(cast, model, last)
        page = page_of(cast.auditor, "/models/bureau-score/dependencies/")
        said = "If this model breaks, 2 models may break with it, 1 of them live, the highest in"
        assert f"{said} Tier 1." in page
        assert "v1" in page
        assert page.index("churn-model</a>") < page.index("last</a>")

    def test_the_admin_tells_them_and_leads_here(
        self, cast: Cast, model: Model, feeder: Model
    ) -> None:
        feed(cast, feeder, model)
        page = page_of(cast.owner, f"/admin/inventory/model/{model.pk}/change/")
        assert f'bureau-score. <a href="{DEPENDENCIES}">Add or end a feeder</a>' in page
        assert "Nothing on record. <a" in page

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"feeder": "nowhere"}, "You see no model of this name."),
            ({"feeder": "null\x00"}, "You see no model of this name."),
            ({"feeder": "churn-model"}, "You see no model of this name."),
            ({"feeder": ""}, "Name the model that feeds it."),
            ({"flows": ""}, "Say what flows from one model to the other."),
            ({"flows": "f" * 501}, "Use at most 500 characters"),
            ({"since_date": "2999-01-01"}, "Enter today or an earlier day"),
            ({"since_date": "soon"}, "Enter a date"),
        ],
    )
    def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
        self, cast: Cast, feeder: Model, changed: dict[str, str], said: str
    ) -> None:
        typed, client = {"flows": "What I typed."} | changed, visitor(cast.owner)
        with nothing_moves():
            response = self.post(client, **typed)
        page = response.content.decode()
        assert response.status_code == 422
        assert said in page
        assert "Nothing was added." in page
        if "flows" not in changed:
            assert "What I typed." in page

    def test_a_ring_is_refused_and_its_way_named(
        self, cast: Cast, model: Model, feeder: Model
    ) -> None:
        feed(cast, model, feeder)
        client = visitor(cast.owner)
        with nothing_moves():
            page = self.post(client).content.decode()
        assert "bureau-score rests on it already: churn-model → bureau-score." in page

    def test_who_does_not_keep_the_record_is_told_who_does(self, cast: Cast, feeder: Model) -> None:
        page = page_of(cast.validator, DEPENDENCIES)
        assert "Keeping what feeds this model takes the role model owner." in page
        client = visitor(cast.validator)
        with nothing_moves(entries=["call.refused"]):
            assert self.post(client).status_code == 403
        entry = LedgerEntry.objects.get(verb="call.refused")
        assert entry.facts["rule"] == "permission_missing"
        assert entry.facts["call"] == "portal:dependencies"

    def test_nothing_is_ended_that_is_not_there(self, cast: Cast, feeder: Model) -> None:
        client = visitor(cast.owner)
        with nothing_moves():
            answer = client.post(f"{DEPENDENCIES}{uuid4()}/end/")
        assert answer.status_code == 404


class TestRetirement:
    RETIRE = "/models/churn-model/retire/"

    def post(self, client: Client, **said: str) -> Any:
        filled = {"reason": "Its book was sold.", "retention_end_date": "2099-01-01"}
        return client.post(self.RETIRE, filled | said)

    def test_an_owner_retires_a_model_and_brings_it_back(self, cast: Cast, model: Model) -> None:
        f.make_model(cast, name="churn-2")
        owner = visitor(cast.owner)
        assert b"Keep it in use" in owner.get(self.RETIRE).content
        answer = self.post(owner, replacement="churn-2")
        assert (answer.status_code, answer["Location"]) == (302, RECORD)
        page = owner.get(RECORD).content.decode()
        assert "Its book was sold." in page
        assert 'href="/models/churn-2/record/"' in page
        assert "Edit the record" not in page
        assert "Retired on" in owner.get("/models/churn-model/").content.decode()
        back = f"{self.RETIRE}end/"
        assert owner.get(self.RETIRE)["Location"] == back
        assert b"Bring the model back" in owner.get(back).content
        assert owner.post(back, {"reason": ""}).status_code == 422
        assert owner.post(back, {"reason": "The sale fell through."}).status_code == 302
        assert "Edit the record" in owner.get(RECORD).content.decode()

    def test_its_card_says_why_nobody_writes_it(self, cast: Cast, model: Model) -> None:
        f.make_version(cast, model)
        owner = visitor(cast.owner)
        self.post(owner)
        card = "/models/churn-model/versions/1/card/"
        page = owner.get(card).content.decode()
        assert "churn-model is retired: its record is frozen until its owner brings it back" in page
        answer = owner.post(f"{card}publish/", {"base": "0"})
        assert (answer.status_code, CardRevision.objects.count()) == (409, 0)
        assert "is retired: its record is frozen" in answer.content.decode()

    def test_lists_show_it_to_who_looks_for_it(self, cast: Cast, model: Model) -> None:
        f.make_model(cast, name="other")
        owner = visitor(cast.owner)
        self.post(owner)

        def names(path: str) -> set[str]:
            page = owner.get(path).content.decode()
            return {name for name in ("churn-model", "other") if f">{name}</a>" in page}

        assert names("/models/") == names("/models/?view=mine") == {"other"}
        assert names("/models/?view=retired") == names("/models/?q=churn") == {"churn-model"}
        admin = "/admin/inventory/model/"
        assert names(f"{admin}?standing=retired") == {"churn-model"}
        assert names(f"{admin}?standing=in_use") == {"other"}
        form = owner.get(f"{admin}{model.pk}/change/").content.decode()
        assert "The record is frozen." in form
        assert 'name="_save"' not in form

    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"retention_end_date": "2027-01-01"}, "The firm keeps records for 10 years"),
            ({"retention_end_date": ""}, "Say until when its record is kept."),
            ({"reason": " "}, "Say why. It is kept on record."),
            ({"replacement": "nowhere"}, "You see no model of this name."),
        ],
    )
    def test_what_is_wrong_is_named(
        self, cast: Cast, model: Model, changed: dict[str, str], said: str
    ) -> None:
        owner = visitor(cast.owner)
        with nothing_moves():
            answer = self.post(owner, **changed)
        assert answer.status_code == 422
        assert said in answer.content.decode()

    def test_what_stands_against_it_comes_back_with_what_was_typed(
        self, cast: Cast, model: Model
    ) -> None:
        feed(cast, model, f.make_model(cast, name="other"))
        owner = visitor(cast.owner)
        with nothing_moves(entries=["call.refused"]):
            answer = self.post(owner)
        page = answer.content.decode()
        assert answer.status_code == 403
        assert "churn-model is not retired while it feeds other." in page
        assert "Its book was sold." in page

    def test_a_double_click_is_refused_once_more_and_writes_nothing(
        self, cast: Cast, model: Model
    ) -> None:
        owner = visitor(cast.owner)
        self.post(owner)
        with nothing_moves(entries=["call.refused"]):
            answer = self.post(owner)
        assert answer.status_code == 409
        assert "This model is retired." in answer.content.decode()

    def test_others_are_told_whose_it_is(self, cast: Cast, model: Model) -> None:
        reader = visitor(cast.validator)
        page = reader.get(self.RETIRE).content.decode()
        assert "Retiring this model takes the role model owner." in page
        with nothing_moves(entries=["call.refused"]):
            assert self.post(reader).status_code == 403
