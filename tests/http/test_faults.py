"""A fault of ours answers each interface in its own form, and says nothing of the inside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from governance.accounts.models import ApiToken
from tests import factories as f
from tests.factories import Cast

MLFLOW = "/api/2.0/mlflow/registered-models/get?name=x"


@pytest.fixture
def _a_table_is_gone(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_apitoken RENAME TO accounts_apitoken_gone")
    yield
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_apitoken_gone RENAME TO accounts_apitoken")


@pytest.mark.usefixtures("_a_table_is_gone")
@pytest.mark.parametrize(
    ("path", "kind", "word"),
    [
        (MLFLOW, "application/json", '"error_code": "INTERNAL_ERROR"'),
        (f"/ajax-api{MLFLOW[4:]}", "application/json", '"error_code": "INTERNAL_ERROR"'),
        (
            "/api/v1/models/x/versions/1/evaluations",
            "application/problem+json",
            '"code": "server_error"',
        ),
    ],
)
def test_a_fault_has_the_form_of_the_interface(path: str, kind: str, word: str) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(path, headers={"Authorization": "Bearer some-token"})
    assert answer.status_code == 500
    assert answer["Content-Type"].startswith(kind)
    assert word in answer.content.decode()
    assert "accounts_apitoken" not in answer.content.decode()


def test_when_a_token_was_last_used_is_noted_once_an_hour(cast: Cast) -> None:
    now = timezone.now()
    f.make_model(cast, name="x")
    _, secret = f.make_token(cast, at=now)
    client, headers = Client(), {"Authorization": f"Bearer {secret}"}
    assert client.get(MLFLOW, headers=headers).status_code == 200
    first = ApiToken.objects.get().last_used_at
    assert first is not None
    client.get(MLFLOW, headers=headers)
    assert ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=now - timedelta(hours=2))
    client.get(MLFLOW, headers=headers)
    assert ApiToken.objects.get().last_used_at > first
