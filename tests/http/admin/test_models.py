"""An owner keeps the inventory: one save is one act, and a refused one moves nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.inventory.actions import ModelRecord, create_model, edit_model
from governance.inventory.models import (
    Builder,
    Dependency,
    Model,
    ModelChange,
    TierAssessment,
)
from governance.inventory.queries import record_digest
from tests.factories import (
    Cast,
    make_champion,
    make_dependency,
    make_model,
    make_person,
    make_policies,
    make_questionnaires,
    make_token,
    make_version,
    rate,
)
from tests.http.admin.conftest import Visitor
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
MODELS = "/admin/inventory/model/"


def change(model: Model) -> str:
    return f"{MODELS}{model.pk}/change/"


def filled(cast: Cast, model: Model | None = None, **changed: Any) -> dict[str, Any]:
    """What an owner's browser sends: the form as it was shown, with some fields changed."""
    form = {
        "purpose": "Says which customers are likely to leave.",
        "intended_use": "Choosing whom to offer a retention call.",
        "kind": "CLASSIFICATION",
        "owner": str(cast.owner.pk),
        "developers": [str(cast.developer.pk)],
        "tier": "3",
        "tier_reason": "",
        "tracking_uri": "",
        "base": record_digest(model) if model else "",
    }
    return form | (feeder_form() if model else {}) | changed


def feeder_form(**said: str) -> dict[str, str]:
    """What the browser sends of the empty form below the record."""
    counts = {"TOTAL_FORMS": "1", "INITIAL_FORMS": "0", "MIN_NUM_FORMS": "0"}
    filled = {f"0-{key}": value for key, value in said.items()}
    return {f"fed_by-{key}": value for key, value in (counts | filled).items()}


def entries(model: Model) -> list[str]:
    return [
        e.verb for e in LedgerEntry.objects.of_stream(model.stream).oldest_first()
    ]  # fmt: skip


@pytest.fixture
def owner(cast: Cast) -> Visitor:
    return Visitor(cast.owner)


@pytest.fixture
def model(cast: Cast) -> Model:
    return make_model(cast, at=timezone.now())


@pytest.fixture
def draft(cast: Cast) -> Model:
    """A model as a pipeline leaves it: a name, and nothing that anybody could decide on."""
    holder, _ = make_token(cast, at=timezone.now())
    return create_model(name="fraud-score", unit=cast.unit, actor=holder, at=timezone.now())


def test_a_model_is_added_with_one_entry(cast: Cast, owner: Visitor) -> None:
    data = filled(cast, name="churn-model", unit=str(cast.unit.pk), tier_reason="Advises staff.")
    response = owner.post(f"{MODELS}add/", **data)

    assert (response.status_code, response["Location"]) == (302, MODELS)
    model = Model.objects.get()
    assert (model.name, model.unit, model.owner, model.tier) == (
        "churn-model", cast.unit, cast.owner, 3,
    )  # fmt: skip
    assert list(model.developers.all()) == [cast.developer]
    assert TierAssessment.objects.get().reason.text == "Advises staff."
    assert entries(model) == ["model.created"]
    entry = LedgerEntry.objects.of_stream(model.stream).get()
    assert (entry.actor, entry.source) == (cast.owner.ref, "ADMIN")


def test_a_draft_says_what_is_missing(owner: Visitor, draft: Model) -> None:
    listed = b"Draft, lacks an owner, a purpose, an intended use, a kind and a risk tier"
    assert listed in owner.get(MODELS).content
    said = b"The record lacks an owner, a purpose, an intended use, a kind, a risk tier."
    assert said in owner.get(change(draft)).content


def test_an_owner_completes_a_draft(cast: Cast, owner: Visitor, draft: Model) -> None:
    data = filled(cast, draft, tier_reason="Decides nothing alone.")
    assert owner.post(change(draft), **data).status_code == 302
    draft.refresh_from_db()
    assert draft.gaps == []
    assert entries(draft) == ["model.created", "model.updated"]
    assert b"The record is complete." in owner.get(change(draft)).content


def test_a_draft_may_be_completed_by_and_by(cast: Cast, owner: Visitor, draft: Model) -> None:
    data = filled(cast, draft, kind="", tier="", intended_use="")
    assert owner.post(change(draft), **data).status_code == 302
    draft.refresh_from_db()
    assert draft.gaps == ["an intended use", "a kind", "a risk tier"]


def test_a_change_is_one_entry_that_lists_what_changed(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    other = make_person("Dora Dev", unit=cast.unit, at=timezone.now())
    data = filled(
        cast, model, purpose="Ranks customers by risk of leaving.", tier="2",
        tier_reason="Now decides on offers.", developers=[str(other.pk)],
    )  # fmt: skip
    owner.post(change(model), **data)

    entry = LedgerEntry.objects.of_stream(model.stream).newest_first()[0]
    assert entry.verb == "model.updated"
    assert entry.facts == {"changed": ["developers", "purpose", "tier"], "tier": 2}
    assert entries(model) == ["model.created", "model.updated"]
    # Whoever has built it once stays a builder.
    builders = Builder.objects.filter(model=model, capacity="DEVELOPER")
    assert {row.user for row in builders} == {cast.developer, other}


def test_saving_what_stands_there_writes_nothing(cast: Cast, owner: Visitor, model: Model) -> None:
    with nothing_moves():
        response = owner.client.post(change(model), filled(cast, model), follow=True)
    assert b"nothing was written" in response.content


def test_name_and_unit_stay_as_they_were(cast: Cast, owner: Visitor, model: Model) -> None:
    data = filled(cast, model, purpose="Another.", name="renamed", unit=str(cast.root.pk))
    owner.post(change(model), **data)
    model.refresh_from_db()
    assert (model.name, model.unit, model.purpose) == ("churn-model", cast.unit, "Another.")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"tier": "1", "tier_reason": " "}, "Reason for the tier: Say why"),
        ({"tier": ""}, "Risk tier: A tier once set cannot be cleared."),
        ({"tier": "7"}, "Risk tier: Select a valid choice"),
        ({"kind": "ORACLE"}, "Kind: Select a valid choice"),
        ({"owner": ""}, "Owner: A model once owned keeps an owner."),
        ({"owner": "developer"}, "Owner: Dev Singh is not a model owner in Retail credit."),
        ({"owner": "no-such-person"}, "Owner: "),
        ({"tracking_uri": "javascript:alert(1)"}, "MLflow tracking server: Enter a valid URL."),
    ],
)
def test_a_wrong_value_is_named_and_nothing_typed_is_lost(
    cast: Cast, owner: Visitor, model: Model, changed: dict[str, str], said: str
) -> None:
    if changed.get("owner") == "developer":
        changed = {"owner": str(cast.developer.pk)}
    typed = "What I had typed & not saved."
    with nothing_moves():
        response = owner.post(change(model), **filled(cast, model, purpose=typed, **changed))
    page = response.content.decode()
    assert response.status_code in (200, 422)
    assert "<title>Error:" in page
    assert "Nothing was saved." in page
    assert said in page
    assert "What I had typed &amp; not saved." in page


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Name: This field is required."),
        ("with/slash", "Name: A name has no slash"),
        ("churn-model", "Name: Registered Model (name=churn-model) already exists."),
    ],
)
def test_a_name_that_cannot_be(
    cast: Cast, owner: Visitor, model: Model, name: str, said: str
) -> None:
    data = filled(cast, name=name, unit=str(cast.unit.pk), tier_reason="Because.")
    with nothing_moves():
        response = owner.post(f"{MODELS}add/", **data)
    assert said in response.content.decode()


def test_a_model_is_not_added_to_a_unit_out_of_reach(cast: Cast, owner: Visitor) -> None:
    data = filled(cast, name="theirs", unit=str(cast.root.pk), tier_reason="Because.")
    with nothing_moves():
        response = owner.post(f"{MODELS}add/", **data)
    assert b"Unit: Select a valid choice" in response.content


def test_another_owner_may_read_but_not_write(cast: Cast, model: Model) -> None:
    other = Visitor(make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit, at=timezone.now()))
    shown = other.get(change(model))
    assert b'name="_save"' not in shown.content
    assert b"Says which customers" in shown.content
    with nothing_moves(entries=["call.refused"]):
        response = other.post(change(model), **filled(cast, model, purpose="Mine now."))
    assert response.status_code == 403
    assert "Olga Owner owns churn-model" in response.content.decode()
    assert "Mine now." in response.content.decode()
    refusal = LedgerEntry.objects.of_stream(model.stream).newest_first()[0]
    assert (refusal.subject, refusal.actor) == (model.ref, User.objects.get(name="Oda Other").ref)
    assert refusal.facts == {"call": "admin:inventory_model_change", "rule": "not_the_owner"}


def test_a_stale_form_is_refused_once_and_says_what_differs(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    data = filled(cast, model, purpose="What I typed.")
    elsewhere = ModelRecord(
        purpose="What stands there.", intended_use=model.intended_use, kind=model.kind,
        owner=cast.owner, developers=[cast.developer], tier=3,
    )  # fmt: skip
    edit_model(model=model, record=elsewhere, actor=cast.owner, at=timezone.now())
    with nothing_moves(entries=["call.refused"]):
        response = owner.post(change(model), **data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "was changed after you opened it" in page
    assert "You differ from what stands there now in: Purpose." in page
    assert "What I typed." in page
    # The page knows the record as it stands now, so saving it again is a decision.
    model.refresh_from_db()
    assert f'value="{record_digest(model)}"' in page
    owner.post(change(model), **data | {"base": record_digest(model)})
    model.refresh_from_db()
    assert model.purpose == "What I typed."


def test_a_double_click_is_one_change(cast: Cast, owner: Visitor, model: Model) -> None:
    data = filled(cast, model, purpose="Once.")
    owner.post(change(model), **data)
    second = owner.post(change(model), **data)
    assert second.status_code == 409
    assert entries(model) == ["model.created", "model.updated", "call.refused"]


@pytest.mark.parametrize("action", ["delete_selected", "anything"])
def test_the_list_has_no_actions(owner: Visitor, model: Model, action: str) -> None:
    with nothing_moves():
        owner.post(MODELS, action=action, _selected_action=str(model.pk), post="yes")
        owner.post(MODELS, **{"form-TOTAL_FORMS": "1", "form-0-id": str(model.pk), "_save": ""})


def test_nothing_is_deleted(owner: Visitor, model: Model) -> None:
    with nothing_moves(entries=["call.refused"]):
        answer = owner.post(f"{MODELS}{model.pk}/delete/", post="yes")
    page, entry = answer.content.decode(), LedgerEntry.objects.get(verb="call.refused")
    assert answer.status_code == 403
    assert "and nothing is deleted" in page
    assert "Whoever holds the role in the unit of the record." in page
    assert f'href="/audit/?entry={entry.pk}">#{entry.seq}<' in page


def test_history_is_the_portals(owner: Visitor, model: Model) -> None:
    response = owner.get(f"{MODELS}{model.pk}/history/")
    assert response["Location"] == "/audit/?model=churn-model"


def test_the_list_is_searched_and_narrowed(owner: Visitor, model: Model, draft: Model) -> None:
    def names(**query: str) -> set[str]:
        page = owner.get(MODELS, **query).content.decode()
        return {name for name in ("churn-model", "fraud-score") if f">{name}</a>" in page}

    assert names() == {"churn-model", "fraud-score"}
    assert names(record="draft") == {"fraud-score"}
    assert names(record="complete") == {"churn-model"}
    assert names(q="churn") == {"churn-model"}
    assert names(tier__exact="3") == {"churn-model"}
    assert names(origin="VENDOR") == {"churn-model", "fraud-score"}
    assert names(kind="CLASSIFICATION") == {"churn-model"}
    assert names(review="unset") == {"churn-model", "fraud-score"}
    assert names(review="overdue") == set()
    assert names(q="nothing like it") == set()


def test_a_vendors_model_is_kept_like_any_other(cast: Cast, owner: Visitor, model: Model) -> None:
    said = {
        "origin": "VENDOR", "vendor_name": "Acme Analytics", "contract_end_date": "2027-03-31",
        "validator": str(cast.validator.pk),
    }  # fmt: skip
    assert owner.post(change(model), **filled(cast, model, **said)).status_code == 302
    model.refresh_from_db()
    assert (model.vendor_name, model.validator) == ("Acme Analytics", cast.validator)
    assert ">churn-model</a>" in owner.get(MODELS, q="acme").content.decode()
    assert ">churn-model</a>" in owner.get(MODELS, origin="VENDOR").content.decode()
    assert ">fraud-score</a>" not in owner.get(MODELS, origin="VENDOR").content.decode()
    shown = owner.get(change(model)).content.decode()
    assert 'value="2027-03-31"' in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"origin": "MAGIC"}, "Origin: Select a valid choice"),
        ({"contract_end_date": "soon"}, "Contract ends: Enter a valid date."),
        ({"vendor_name": "v" * 201}, "Vendor: Ensure this value has at most 200 characters"),
        ({"limitations": "l" * 4001}, "Limitations: Use at most 4000 characters"),
        ({"validator": "approver"}, "Validator: Arno Approver is not a validator"),
    ],
)
def test_a_wrong_particular_is_named_and_nothing_typed_is_lost(
    cast: Cast, owner: Visitor, model: Model, changed: dict[str, str], said: str
) -> None:
    if "validator" in changed:
        changed = {"validator": str(cast.approver.pk)}
    with nothing_moves():
        response = owner.post(change(model), **filled(cast, model, users="The desk.", **changed))
    page = response.content.decode()
    assert said in page
    assert "The desk." in page


def test_only_validators_are_offered_as_such(cast: Cast, owner: Visitor, model: Model) -> None:
    asked = {"app_label": "inventory", "model_name": "model", "field_name": "validator"}
    found = owner.get("/admin/autocomplete/", term="a", **asked).json()["results"]
    assert [one["id"] for one in found] == [str(cast.validator.pk)]


class TestByQuestionnaire:
    """Once questionnaires are published, the form shows tier and class, and asks for neither."""

    @pytest.fixture
    def rated(self, cast: Cast, model: Model) -> Model:
        make_questionnaires(cast, at=timezone.now())
        rate(cast, model, at=timezone.now())
        model.refresh_from_db()
        return model

    def test_the_form_leads_to_the_questions(self, owner: Visitor, rated: Model) -> None:
        page = owner.get(change(rated)).content.decode()
        assert "156 of 400 points give Tier 3 (Medium)" in page
        assert f'<a href="/models/{rated.name}/assess/">Answer the questionnaire</a>' in page
        for name in ("tier", "tier_reason", "ai_act_class", "ai_act_reason"):
            assert f'name="{name}"' not in page

    def test_the_rest_is_saved_and_the_tier_stays(
        self, cast: Cast, owner: Visitor, rated: Model
    ) -> None:
        data = filled(cast, rated, purpose="Says who stays.", tier="1", tier_reason="So.")
        assert owner.post(change(rated), **data).status_code == 302
        rated.refresh_from_db()
        assert (rated.purpose, rated.tier) == ("Says who stays.", 3)

    def test_a_new_model_has_neither_yet(self, cast: Cast, owner: Visitor) -> None:
        make_questionnaires(cast, at=timezone.now())
        data = filled(cast, name="churn-model", unit=str(cast.unit.pk))
        assert owner.post(f"{MODELS}add/", **data).status_code == 302
        assert Model.objects.get().gaps == ["a risk tier"]


def make_live_model(cast: Cast) -> Model:
    at = timezone.now()
    make_policies(cast, at=at)
    make_champion(cast, make_version(cast, make_model(cast, at=at), at=at), at=at)
    return Model.objects.get()


def test_a_save_of_a_live_model_is_a_proposal(cast: Cast, owner: Visitor) -> None:
    model = make_live_model(cast)
    assert b"What is changed, and why" in owner.get(change(model)).content
    said = {"inputs": "Calls, too.", "materiality": "MINOR", "change_kinds": ["PLATFORM"]}

    refused = owner.post(change(model), **filled(cast, model, **said))
    assert refused.status_code == 422
    assert b"it waits for a review, because the model is live" in refused.content
    assert b"Calls, too." in refused.content

    data = filled(cast, model, **said, change_reason="The call centre has moved.")
    told = owner.client.post(change(model), data, follow=True)
    assert b"waits for its review" in told.content
    row = ModelChange.objects.get()
    assert row.fields == {"inputs": ["", "Calls, too."]}
    assert row.kinds == ["INPUTS", "PLATFORM"]
    model.refresh_from_db()
    assert model.inputs == ""
    assert entries(model)[-1] == "model_change.proposed"


def test_what_is_not_governed_is_saved_while_it_is_live(cast: Cast, owner: Visitor) -> None:
    model = make_live_model(cast)
    data = filled(cast, model, contract_reference="K-7")
    assert owner.post(change(model), **data).status_code == 302
    model.refresh_from_db()
    assert model.contract_reference == "K-7"
    assert not ModelChange.objects.exists()


def test_a_feeder_is_added_with_the_record(cast: Cast, owner: Visitor, model: Model) -> None:
    feeder = make_model(cast, name="upstream", at=timezone.now())
    today = timezone.now().date().isoformat()
    said = feeder_form(feeder=str(feeder.pk), flows="The score.", since_date=today)
    assert b"Model that feeds it" in owner.get(change(model)).content
    response = owner.post(change(model), **filled(cast, model, inputs="A score.") | said)
    assert response.status_code == 302
    row = Dependency.objects.get()
    assert (row.feeder, row.consumer, str(row.flows)) == (feeder, model, "The score.")
    assert entries(model)[-2:] == ["model.updated", "dependency.added"]
    model.refresh_from_db()
    shown = owner.get(change(model)).content.decode()
    assert "The score." in shown
    assert "Add one" in shown

    again = feeder_form(feeder=str(feeder.pk), flows="Again.", since_date=today)
    again |= {"fed_by-TOTAL_FORMS": "2", "fed_by-INITIAL_FORMS": "1", "fed_by-0-id": str(row.pk)}
    again = {key.replace("fed_by-0-", "fed_by-1-"): value for key, value in again.items()}
    again["fed_by-0-id"] = again.pop("fed_by-1-id")
    with nothing_moves():
        refused = owner.post(change(model), **filled(cast, model, inputs="B.") | again)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "upstream is on record as a feeder already." in page
    assert "Again." in page
    assert "The score." in page


def test_half_a_feeder_saves_nothing(cast: Cast, owner: Visitor, model: Model) -> None:
    with nothing_moves():
        refused = owner.post(
            change(model), **filled(cast, model, inputs="A.") | feeder_form(flows="The score.")
        )
    page = refused.content.decode()
    assert "Name the model that feeds it." in page
    assert "Nothing was saved." in page
    assert "The score." in page


def test_a_ring_is_refused_with_its_way(cast: Cast, owner: Visitor, model: Model) -> None:
    at = timezone.now()
    below = make_model(cast, name="downstream", at=at)
    make_dependency(cast, feeder=model, consumer=below, at=at)
    said = feeder_form(feeder=str(below.pk), flows="Back.", since_date=at.date().isoformat())
    with nothing_moves():
        refused = owner.post(change(model), **filled(cast, model, inputs="A.") | said)
    assert refused.status_code == 422
    assert b"downstream rests on it already" in refused.content


def test_models_are_offered_that_the_owner_sees(cast: Cast, owner: Visitor, model: Model) -> None:
    address = "/admin/autocomplete/?app_label=inventory&model_name=dependency&field_name=feeder"
    found = owner.get(f"{address}&term=churn").json()["results"]
    assert [one["text"] for one in found] == ["churn-model · Retail credit"]
    outsider = Visitor(cast.compliance)
    assert outsider.get(f"{address}&term=churn").status_code == 403
