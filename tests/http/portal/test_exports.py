"""The inventory as files: what the reader may see, as it is filtered, and nothing that runs."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from governance.accounts.models import User
from governance.inventory.actions import ModelRecord, create_model
from governance.inventory.rules.columns import COLUMNS, RECORD
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.deciding import signed_in

CSV, EXCEL = "/inventory/export.csv", "/inventory/export.xlsx"
FORMULA = '=HYPERLINK("http://evil.example";"Click")'


def fetched(user: User, path: str) -> bytes:
    answer = signed_in(user).get(path)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def rows(user: User, query: str = "") -> list[dict[str, str]]:
    text = fetched(user, f"{CSV}{query}").decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def cast(cast: Cast) -> Cast:
    f.make_model(cast)
    record = ModelRecord(
        purpose=FORMULA, ai_act_class="MINIMAL", ai_act_reason="Offers only.", tier=2,
        tier_reason="+Advises.", jurisdictions=["FR", "DE"],
        developers=[cast.developer, cast.owner],
    )  # fmt: skip
    create_model(
        name="@fraud", unit=cast.unit, record=record, actor=cast.owner, at=NOON, description="-1"
    )
    return cast


def test_every_field_of_a_record_has_a_column() -> None:
    # What a firm asks for in fields of its own is in the JSON.
    named = {field.name for field in fields(ModelRecord)} - {"custom"}
    assert {column.key for column in RECORD} == named
    assert len({column.heading.casefold() for column in COLUMNS}) == len(COLUMNS)


def test_every_column_says_what_the_record_says(cast: Cast) -> None:
    draft, model = rows(cast.owner)
    assert list(draft) == [column.heading for column in COLUMNS]
    assert {heading: cell for heading, cell in draft.items() if cell} == {
        "Name": "'@fraud",
        "Unit": "bank/retail",
        "Purpose": f"'{FORMULA}",
        "Developers": "dev.singh@bank.example;olga.owner@bank.example",
        "Risk tier": "2",
        "Reason for the tier": "'+Advises.",
        "EU AI Act class": "MINIMAL",
        "Reason for the class": "Offers only.",
        "Jurisdictions": "DE;FR",
        "Description": "'-1",
    }
    assert (model["Name"], model["Owner"]) == ("churn-model", "olga.owner@bank.example")


def test_a_workbook_says_the_same_and_runs_nothing(cast: Cast) -> None:
    sheet = load_workbook(io.BytesIO(fetched(cast.owner, EXCEL))).worksheets[0]
    head, draft, _ = sheet.iter_rows()
    assert [cell.value for cell in head] == [column.heading for column in COLUMNS]
    assert (draft[0].value, draft[2].value, draft[2].data_type) == ("@fraud", FORMULA, "s")


@pytest.mark.parametrize(
    ("query", "names"),
    [("?tier=2", ["'@fraud"]), ("?view=mine", ["'@fraud", "churn-model"]), ("?q=nothing", [])],
)
def test_the_filters_of_the_list_hold(cast: Cast, query: str, names: list[str]) -> None:
    assert [row["Name"] for row in rows(cast.owner, query)] == names
    page = signed_in(cast.owner).get(f"/models/{query}").content.decode()
    assert f'href="{CSV}{query}"' in page


def test_only_what_the_reader_may_see(cast: Cast) -> None:
    assert rows(cast.outsider) == []
    assert Client().get(CSV).status_code == 302


@pytest.mark.parametrize("path", [CSV, EXCEL])
def test_more_models_are_no_more_queries(cast: Cast, path: str) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            fetched(cast.auditor, path)
        return len(captured)

    fetched(cast.auditor, path)
    before = count()
    for number in range(30):
        create_model(name=f"m-{number}", unit=cast.unit, actor=cast.owner, at=NOON)
    assert count() == before
