"""The lineage of a version as a drawing and a list, and the page of a data snapshot."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from governance.accounts.actions import create_unit
from governance.accounts.models import User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.registry.actions import register_version
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.models import ModelVersion
from governance.registry.rules import LINEAGE_TAG, Registration, lineage_from_tags
from governance.registry.rules.openlineage import read_event
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.lineage_events import RUN, run_event

DIGEST = "d" * 64
SNAPSHOT = f"/data/{DIGEST}/"
DATA = [{"name": "applications", "digest": DIGEST, "rows": 1200}]


def register(model: Model, actor: User, **said: Any) -> ModelVersion:
    lineage = lineage_from_tags({LINEAGE_TAG: json.dumps(said)})
    registration = Registration(source="s3://lake/m", run_id=RUN, lineage=lineage)
    return register_version(model=model, registration=registration, actor=actor, at=NOON)


def page_of(user: User, path: str, *, status: int = 200) -> str:
    client = Client()
    client.force_login(user)
    response = client.get(path)
    assert response.status_code == status
    return response.content.decode()


def test_a_version_is_drawn_with_what_it_came_from_and_led_to(cast: Cast) -> None:
    model = f.make_model(cast)
    first = register(model, cast.developer, datasets=DATA)
    parents = [{"model": model.name, "version": 1, "relation": "DISTILLED"}]
    register(model, cast.developer, datasets=DATA, parents=parents)
    event = read_event(run_event())
    report_lineage(event=event, unit=cast.unit, actor=cast.developer, at=later(days=2))

    page = page_of(cast.auditor, f"/models/{model.name}/versions/2/")
    assert f'<a href="{SNAPSHOT}"' in page
    assert "<title>churn-model (v1, distilled from)</title>" in page
    assert "this one is distilled from it" in page
    assert "(reported later, 4 Mar 2026)" in page
    assert "churn-model (v2, Draft)" in page_of(cast.auditor, f"/models/{model.name}/versions/1/")

    listed = page_of(cast.auditor, SNAPSHOT)
    assert "2 versions of 1 model used this data; none of them serves now." in listed
    assert f"/models/{model.name}/versions/{first.number}/#lineage" in listed


def test_a_snapshot_lists_live_versions_first_and_what_came_from_them(cast: Cast) -> None:
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model, dataset=DIGEST))
    newest = f.make_model(cast, name="explainer")
    register(newest, cast.developer, datasets=DATA)
    parents = [{"model": model.name, "version": 1}]
    register(f.make_model(cast, name="copycat"), cast.developer, parents=parents)

    page = page_of(cast.auditor, f"/data/sha256:{DIGEST}/")
    assert "2 versions of 2 models used this data; 1 of them serves now." in page
    assert page.index("churn-model version 1") < page.index("explainer version 1")
    assert "Made from those" in page
    assert "copycat version 1" in page
    assert "holdout" in page


def test_what_one_may_not_see_is_not_there(cast: Cast) -> None:
    unit = create_unit(path="bank/treasury", name="Treasury", actor=CONSOLE, at=NOON)
    tess = f.make_person("Tess Treasury", Role.DEVELOPER, unit=unit)
    register(create_model(name="rates", unit=unit, actor=tess, at=NOON), tess, datasets=DATA)
    page_of(cast.developer, SNAPSHOT, status=404)
    page_of(cast.developer, "/data/unknown/", status=404)
    register(f.make_model(cast), cast.developer, datasets=DATA)
    page = page_of(cast.developer, SNAPSHOT)
    assert "rates" not in page
    assert "1 version of 1 model" in page
    assert "2 versions" not in page_of(cast.developer, "/models/churn-model/versions/1/")


def test_the_number_of_queries_does_not_grow_with_the_graph(cast: Cast) -> None:
    model = f.make_model(cast)
    register(model, cast.developer, datasets=DATA)
    small = queries_of(cast.auditor, SNAPSHOT)
    for number in range(1, 5):
        parents = [{"model": model.name, "version": number}]
        register(model, cast.developer, datasets=DATA, parents=parents, parameters={"a": "1"})
    assert queries_of(cast.auditor, SNAPSHOT) <= small + 1  # a step down the graph


def queries_of(user: User, path: str) -> int:
    client = Client()
    client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    return len(captured)
