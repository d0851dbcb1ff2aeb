"""All that is on record, as one document: whole, of what the reader may see, in few queries."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.actions import create_unit, grant_role
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.cards.actions import save_draft
from governance.evidence.queries import exports
from governance.inventory.actions import add_feeder, create_model
from governance.inventory.models import Model
from governance.registry.actions.comments import comment_on_version, remove_comment
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.test_exports import fetched

JSON = "/inventory/export.json"


def document(user: User, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(fetched(user, f"{JSON}{query}"))
    return found


@pytest.fixture
def cast(cast: Cast) -> Cast:
    f.make_policies(cast)
    model = f.make_model(cast)
    version = f.make_version(cast, model)
    f.make_report(cast, version, findings=[f.due_finding("LOW")])
    request = f.make_champion(cast, version)
    assert request.sign_offs.count() == 2
    return cast


def test_everything_on_record_is_in_it(cast: Cast) -> None:
    said = document(cast.auditor)
    assert said["format"] == "countersign.export/1"
    assert (said["about"]["models"], said["about"]["made_by"]) == (1, cast.auditor.ref)
    (model,) = said["models"]
    assert (model["name"], model["purpose"]) == (
        "churn-model", "Says which customers are likely to leave.",
    )  # fmt: skip
    assert (model["owner"], model["developers"]) == (cast.owner.ref, [cast.developer.ref])
    assert model["tier_assessments"][0]["reason"] == "Advises staff; decides nothing alone."
    (version,) = model["versions"]
    assert version["lineage"]["dataset"]["name"] == "holdout"
    assert [one["path"] for one in version["artifacts"]] == ["model.pkl"]
    assert "task" in version["cards"][0]["body"]["sections"]
    assert version["reports"][0]["body"]["scope"]
    assert {one["target"] for one in version["stage_changes"]} == {"STAGING", "PRODUCTION"}
    (slot,) = model["slots"]
    assert slot["assignments"][0]["version"] == version["ref"]
    assert model["findings"][0]["title"] == "Thin slice"
    request = model["requests"][-1]
    assert {one["role"]: one["printed_name"] for one in request["sign_offs"]} == {
        Role.VALIDATOR: "Vera Valid", Role.APPROVER: "Arno Approver",
    }  # fmt: skip
    assert said["names"][cast.approver.ref] == "Arno Approver"


def test_a_table_below_a_model_is_in_it_or_said_not_to_be() -> None:
    """What is left out on purpose; a table that is added to the record must choose."""
    left_out = {
        "AnswerDraft", "CardEditor", "CoverageSnapshot", "EvidenceOpening", "ExaminationView",
        "ExaminedModel", "InformationRequest", "LineageMatch",
        "Pack", "PackModel", "UnsavedText", "Validation",
    }  # fmt: skip
    told = set(exported_tables(exports.BELOW))
    tables = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model in {Model, ModelVersion, PromotionRequest}
        and not model._meta.auto_created
    }
    assert tables - told == left_out


def exported_tables(branches: Sequence[exports.Branch]) -> Iterator[str]:
    for branch in branches:
        yield branch.table.__name__
        yield from exported_tables(branch.branches)


def test_what_was_kept_up_beside_the_register_is_in_it(cast: Cast) -> None:
    model = Model.objects.get()
    version = ModelVersion.objects.with_model().get()
    save_draft(
        version=version, sections={"task": "Ranks."}, base=None, actor=cast.developer, at=NOON
    )
    (said,) = document(cast.auditor)["models"]
    (told,) = said["versions"]
    assert told["card_drafts"][0]["sections"]["task"] == "Ranks."
    assert [one["snapshot"]["name"] for one in told["inputs"]] == ["holdout"]
    dossiers = {one["digest"] for one in said["requests"][-1]["dossiers"]}
    assert {one["dossier"] for one in said["requests"][-1]["sign_offs"]} <= {
        one["ref"] for one in said["requests"][-1]["dossiers"]
    }
    assert all(len(digest) == 64 for digest in dossiers)
    assert "text" not in said["requests"][-1]["dossiers"][0]
    newest = json.loads(said["record_revisions"][-1]["content"])
    assert newest["purpose"] == model.purpose
    assert said["rule_scopes"][-1]["cause"] == "CREATED"


def test_the_other_end_of_a_dependency_is_for_who_may_see_it(cast: Cast) -> None:
    cards = create_unit(path="bank/cards", name="Cards", actor=CONSOLE, at=NOON)
    grant_role(
        user=cast.owner, role=Role.MODEL_OWNER, unit=cards, starts_at=NOON, actor=CONSOLE, at=NOON
    )
    other = create_model(name="other", unit=cards, actor=cast.owner, at=NOON)
    add_feeder(
        consumer=Model.objects.get(name="churn-model"), feeder=other, flows="Hidden scores.",
        since_date=NOON.date(), actor=cast.owner, at=NOON,
    )  # fmt: skip
    whole = {model["name"]: model for model in document(cast.auditor)["models"]}
    assert whole["churn-model"]["fed_by"][0]["feeder"] == other.ref
    assert whole["other"]["feeds"][0]["flows"] == "Hidden scores."
    text = fetched(cast.developer, JSON).decode()
    assert "churn-model" in text
    assert "Hidden scores." not in text
    assert str(other.pk) not in text


def test_secrets_and_salts_are_not(cast: Cast) -> None:
    text = fetched(cast.auditor, JSON).decode()
    for word in ("salt", "first_opened_at", "evidence_opened", "password", "@bank.example"):
        assert word not in text


def test_only_what_the_reader_may_see_and_filters_hold(cast: Cast) -> None:
    assert document(cast.outsider)["models"] == []
    assert document(cast.auditor, "?tier=1")["models"] == []
    assert document(cast.auditor, "?tier=3")["about"]["models"] == 1


def test_a_comment_taken_back_is_not_in_it(cast: Cast) -> None:
    version = ModelVersion.objects.with_model().get()
    comments = [
        comment_on_version(version=version, text=text, actor=cast.owner, at=NOON)
        for text in ("Stays.", "Goes.")
    ]
    remove_comment(comment_id=comments[1].pk, actor=cast.owner, at=NOON)
    (model,) = document(cast.auditor)["models"]
    assert [one["body"] for one in model["versions"][0]["comments"]] == ["Stays."]


def test_pages_of_models_take_the_same_queries(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def count() -> int:
        fetched(cast.auditor, JSON)
        with CaptureQueriesContext(connection) as captured:
            said = document(cast.auditor)
        assert len(said["models"]) == said["about"]["models"]
        return len(captured)

    for number in range(5):
        f.make_version(cast, f.make_model(cast, name=f"m{number}"))
    pages = []
    for at_once in (6, 3, 2):
        monkeypatch.setattr(exports, "MODELS_AT_ONCE", at_once)
        pages.append(count())
    one, two, three = pages
    assert three - two == two - one < 64
