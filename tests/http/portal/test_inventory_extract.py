"""The inventory in the columns that examiners ask for."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from governance.accounts.models import User
from governance.evidence.queries.inventory_extract import extract_rows
from governance.evidence.rules.inventory_extract import HEADINGS, ExtractLine
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.deciding import signed_in
from tests.upkeep import approved, head_of, waiver
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
EXTRACT = "/inventory/extract.xlsx"


def extracted(user: User, query: str = "") -> dict[str, dict[str, str]]:
    client = signed_in(user)
    with nothing_moves():
        answer = client.get(f"{EXTRACT}{query}")
        data = b"".join(answer.streaming_content)
    assert answer.status_code == 200
    head, *rows = load_workbook(BytesIO(data)).worksheets[0].iter_rows(values_only=True)
    assert head == HEADINGS
    return {row[0]: dict(zip(head, (cell or "" for cell in row), strict=True)) for row in rows}


def lines_at_noon(user: User) -> dict[str, dict[str, str]]:
    """The same read at the moment at which all was written, when the waiver still held."""
    models = Model.objects.visible_to(user, at=NOON).order_by("name")
    _, *rows = extract_rows(models, reader=user, at=NOON)
    return {row[0]: dict(zip(HEADINGS, row, strict=True)) for row in rows}


def test_a_line_has_a_cell_under_every_heading() -> None:
    assert len(ExtractLine.__dataclass_fields__) == len(set(HEADINGS)) == len(HEADINGS)


def test_what_is_on_record_stands_in_its_column(cast: Cast) -> None:
    f.make_policies(cast)
    model = f.make_model(cast, tier=1)
    version = f.make_version(cast, model)
    f.make_champion(cast, version)
    feeder = f.make_model(cast, name="rates")
    f.make_dependency(cast, feeder=feeder, consumer=model)
    f.make_report(cast, version, opinion="FIT_WITH_CONDITIONS", findings=[f.due_finding("MEDIUM")])
    row = waiver(model, cast.owner)
    approved(row, head_of(cast))
    lines = lines_at_noon(cast.auditor)
    line = lines["churn-model"]
    assert line["Status"] == "In use"
    assert line["Risk tier"] == "Tier 1 (critical)"
    assert line["Where it serves"] == "Champion in primary: version 1"
    assert line["Models that feed it"] == "rates"
    assert line["Opinion and open findings"] == (
        "Fit for the stated use, with conditions (version 1). Open findings: 1 medium."
    )
    assert "Version 2 is used before its validation." in line["Waivers in force"]
    assert line["Owner"] == cast.owner.name
    assert line["Validators"] == cast.validator.name
    assert line["Last validation"] == NOON.date().isoformat()
    assert int(line["Ledger entries"]) > 10
    other = lines["rates"]
    assert (other["Status"], other["Validators"]) == ("No version", "")


def test_a_feeder_that_the_reader_may_not_see_is_counted_and_not_named(cast: Cast) -> None:
    model = f.make_model(cast)
    hidden = f.make_model(cast, name="hidden-model")
    f.make_dependency(cast, feeder=hidden, consumer=model)
    Model.objects.filter(pk=hidden.pk).update(unit=cast.root)
    line = extracted(cast.validator)["churn-model"]
    assert line["Models that feed it"] == "1 other model"


def test_the_filters_of_the_list_hold_and_nobody_sees_more(cast: Cast) -> None:
    f.make_model(cast)
    assert extracted(cast.auditor, "?q=nothing") == {}
    assert extracted(cast.outsider) == {}


def test_more_models_are_no_more_queries(cast: Cast) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            signed_in(cast.auditor).get(EXTRACT)
        return len(captured)

    f.make_model(cast)
    count()
    before = count()
    for number in range(20):
        create_model(name=f"m-{number}", unit=cast.unit, actor=cast.owner, at=NOON)
    assert count() == before
