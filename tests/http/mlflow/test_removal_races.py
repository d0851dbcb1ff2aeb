"""Removing a model while others move its versions and name them: in some order, never halfway."""

from __future__ import annotations

import pytest
from pytest_django.live_server_helper import LiveServer

from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from governance.registry.models import Alias, ModelVersion
from tests.factories import Cast, make_model, make_policies, make_version
from tests.http.mlflow.test_alias_races import NAME, Call, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.backend]


def test_a_model_goes_whole_whatever_else_is_asked(
    live_server: LiveServer, cast: Cast, token: str
) -> None:
    make_policies(cast)
    model = make_model(cast, name=NAME)
    for _ in range(3):
        make_version(cast, model)
    alias, stage = "registered-models/alias", "model-versions/transition-stage"
    calls: list[Call] = [
        ("DELETE", "registered-models/delete", {}),
        ("POST", stage, {"version": "1", "stage": "Staging"}),
        ("POST", alias, {"version": "2", "alias": "blue"}),
        ("DELETE", "model-versions/delete", {"version": "3"}),
        ("POST", stage, {"version": "2", "stage": "Archived"}),
        ("POST", "model-versions/create", {"source": "s3://bucket/late"}),
    ] * 3
    statuses = at_once(live_server.url, token, calls)
    assert set(statuses) <= {200, 404, 409}
    removals = [status for status, call in zip(statuses, calls, strict=True) if not call[2]]
    assert sorted(removals) == [200, 404, 404]
    model.refresh_from_db()
    assert model.removed_at is not None
    assert not ModelVersion.objects.present().exists()
    assert not Alias.objects.exists()
    assert set(ModelVersion.objects.values_list("stage", flat=True)) == {"ARCHIVED"}
    verbs = LedgerEntry.objects.values_list("verb", flat=True)
    assert list(verbs).count("model.removed") == 1
    assert list(verbs).count("version.removed") == ModelVersion.objects.count() >= 3
    assert verify().intact
