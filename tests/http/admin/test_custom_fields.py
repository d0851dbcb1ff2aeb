"""The firm's own fields in the admin: administrators define them, owners find them in the form."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.inventory.actions import define_field
from governance.inventory.models import CustomField, Model
from governance.inventory.queries import custom_values, record_digest
from governance.inventory.rules import FieldDefinition
from tests.factories import Cast, make_model, make_person
from tests.http.admin.conftest import Visitor
from tests.http.admin.test_models import MODELS, change, filled
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
FIELDS = "/admin/inventory/customfield/"
NEW = {
    "key": "model_line", "label": "Model line", "value_type": "CHOICE", "hint": "Of the board.",
    "choices": "Retail\r\n\r\n Corporate \r\n", "tiers": ["2", "3"], "required": "on",
    "position": "3",
}  # fmt: skip


@pytest.fixture
def administrator(cast: Cast) -> Visitor:
    return Visitor(cast.administrator)


@pytest.fixture
def owner(cast: Cast) -> Visitor:
    return Visitor(cast.owner)


@pytest.fixture
def model(cast: Cast) -> Model:
    return make_model(cast, at=timezone.now())


def define(cast: Cast, key: str, value_type: str, **said: Any) -> CustomField:
    definition = FieldDefinition(label=key.capitalize(), value_type=value_type, **said)
    return define_field(key=key, definition=definition, actor=cast.administrator, at=timezone.now())


def test_a_field_is_defined_with_one_entry(administrator: Visitor) -> None:
    assert administrator.post(f"{FIELDS}add/", **NEW).status_code == 302
    field = CustomField.objects.get()
    assert (field.key, field.choices, field.tiers, field.origins, field.required) == (
        "model_line", ["Retail", "Corporate"], [2, 3], [], True,
    )  # fmt: skip
    entries = LedgerEntry.objects.filter(verb="field.defined")
    assert [entry.source for entry in entries] == ["ADMIN"]
    listed = administrator.get(FIELDS).content.decode()
    assert "Tier 2, Tier 3" in listed


def test_a_change_keeps_key_and_type(administrator: Visitor) -> None:
    administrator.post(f"{FIELDS}add/", **NEW)
    field = CustomField.objects.get()
    said = NEW | {"key": "other", "value_type": "TEXT", "label": "Line", "is_retired": "on"}
    path = f"{FIELDS}{field.pk}/change/"
    assert administrator.post(path, **said).status_code == 302
    field.refresh_from_db()
    assert (field.key, field.value_type, field.label) == ("model_line", "CHOICE", "Line")
    assert field.retired_at is not None
    shown = administrator.get(path).content.decode()
    assert "Retail\nCorporate" in shown


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"key": "Model Line"}, "Key: A key is small letters"),
        ({"label": ""}, "Label: This field is required."),
        ({"choices": "One"}, "Choices: Give from 2 to 50 choices"),
        ({"value_type": "TEXT"}, "Choices: Only a field of the type"),
        ({"tiers": ["9"]}, "In the tiers: Select a valid choice"),
        ({"position": "-1"}, "Position: "),
    ],
)
def test_a_wrong_definition_is_named_and_nothing_typed_is_lost(
    administrator: Visitor, changed: dict[str, Any], said: str
) -> None:
    with nothing_moves():
        response = administrator.post(f"{FIELDS}add/", **(NEW | changed))
    page = response.content.decode()
    assert said in page
    assert "Of the board." in page


def test_owners_do_not_define_fields(cast: Cast, owner: Visitor) -> None:
    assert owner.get(FIELDS).status_code == 403
    with nothing_moves(entries=["call.refused"]):
        assert owner.post(f"{FIELDS}add/", **NEW).status_code == 403


def test_an_owner_answers_them_in_the_form_of_the_model(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    define(cast, "line", "CHOICE", choices=("Retail", "Corporate"), required=True)
    define(cast, "weight", "NUMBER")
    define(cast, "since", "DATE")
    define(cast, "outsourced", "BOOLEAN")
    define(cast, "remark", "TEXT", hint="In a sentence.")
    define(cast, "elsewhere", "TEXT", origins=("SPREADSHEET",))
    page = owner.get(change(model)).content.decode()
    assert "The record lacks “Line”. No version of the model" in page
    assert "Draft, lacks “Line”" in owner.get(MODELS).content.decode()
    assert "In a sentence." in page
    assert "custom_elsewhere" not in page
    said = {
        "custom_line": "Retail", "custom_weight": "0012.50", "custom_since": "2026-03-02",
        "custom_outsourced": "true", "custom_remark": "Why <not> & so",
    }  # fmt: skip
    assert owner.post(change(model), **filled(cast, model, **said)).status_code == 302
    assert custom_values(model) == {
        "line": "Retail", "weight": "12.5", "since": "2026-03-02", "outsourced": "true",
        "remark": "Why <not> & so",
    }  # fmt: skip
    entry = LedgerEntry.objects.of_stream(model.stream).newest_first()[0]
    assert entry.facts["changed"] == sorted(said)
    assert 'value="12.5"' in owner.get(change(model)).content.decode()


def test_a_wrong_answer_is_named_and_nothing_typed_is_lost(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    define(cast, "weight", "NUMBER")
    define(cast, "remark", "TEXT")
    data = filled(cast, model, custom_weight="heavy", custom_remark="What I typed.")
    with nothing_moves():
        response = owner.post(change(model), **data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Weight: Enter a number such as 1200" in page
    assert "What I typed." in page
    assert 'value="heavy"' in page


def test_a_new_model_answers_what_is_asked_of_all(cast: Cast, owner: Visitor) -> None:
    define(cast, "remark", "TEXT")
    data = filled(
        cast, name="new-model", unit=str(cast.unit.pk), tier_reason="So.", custom_remark="Mine."
    )
    assert owner.post(f"{MODELS}add/", **data).status_code == 302
    assert custom_values(Model.objects.get()) == {"remark": "Mine."}


def test_beside_the_origin_stands_that_more_is_asked_once_it_is_saved(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    add, told = "/admin/inventory/model/add/", "save, and those fields are there too"
    define(cast, "weight", "NUMBER")
    assert told not in owner.get(add).content.decode()
    define(cast, "elsewhere", "TEXT", origins=("SPREADSHEET",))
    for path in (add, f"/admin/inventory/model/{model.pk}/change/"):
        assert told in owner.get(path).content.decode()


def test_an_answer_changed_elsewhere_is_not_overwritten(
    cast: Cast, owner: Visitor, model: Model
) -> None:
    define(cast, "remark", "TEXT")
    data = filled(cast, model, custom_remark="First.")
    owner.post(change(model), **data)
    assert owner.post(change(model), **data).status_code == 409
    fresh = data | {"custom_remark": "Second.", "base": record_digest(model)}
    assert owner.post(change(model), **fresh).status_code == 302


def test_another_owner_reads_the_answers(cast: Cast, owner: Visitor, model: Model) -> None:
    define(cast, "remark", "TEXT")
    owner.post(change(model), **filled(cast, model, custom_remark="Read me."))
    other = make_person("Oda Other", Role.MODEL_OWNER, unit=cast.unit, at=timezone.now())
    page = Visitor(other).get(change(model)).content.decode()
    assert "Remark: Read me." in page
    assert 'name="custom_remark"' not in page
    assert "is_hidden" not in page
    assert "Reason for the tier" not in page
