"""Who may call: a token, in its time, within its scopes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client

from governance.accounts.actions import revoke_token
from governance.accounts.models import ApiToken, ServiceAccount, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Scope
from tests.factories import Cast, make_model, make_policies, make_token, make_version
from tests.mlflow_client import MlflowClient, MlflowError, MlflowProcess, both_releases
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db(transaction=True)

ClientWith = Callable[[str], MlflowClient]


def refused(client: MlflowClient) -> str:
    """Return the error code of both a read and a write; nothing may move."""
    codes = set()
    with nothing_moves():
        for call in (client.get_registered_model, client.create_registered_model):
            with pytest.raises(MlflowError) as caught:
                call(name="churn-model")
            codes.add(caught.value.error_code)
    assert len(codes) == 1
    return codes.pop()


def test_without_a_token_nobody_gets_in(client_with: ClientWith, cast: Cast) -> None:
    assert refused(client_with("")) == "UNAUTHENTICATED"


@both_releases
def test_an_unknown_token_does_not_hold(client_with: ClientWith, cast: Cast) -> None:
    assert refused(client_with("cs_nobody-has-this-one")) == "UNAUTHENTICATED"


def test_an_expired_token_does_not_hold(client_with: ClientWith, cast: Cast, now: datetime) -> None:
    begun = now - timedelta(days=2)
    _, secret = make_token(cast, at=begun, expires_at=now - timedelta(seconds=1))
    assert refused(client_with(secret)) == "UNAUTHENTICATED"


def test_a_revoked_token_does_not_hold_a_moment_longer(
    client_with: ClientWith, cast: Cast, now: datetime, token: str
) -> None:
    client_with(token).create_registered_model(name="another-model")
    revoke_token(token=ApiToken.objects.get(), actor=CONSOLE, at=now)
    assert refused(client_with(token)) == "UNAUTHENTICATED"


def test_a_service_switched_off_does_not_get_in(
    client_with: ClientWith, cast: Cast, token: str
) -> None:
    ServiceAccount.objects.update(is_active=False)
    assert refused(client_with(token)) == "UNAUTHENTICATED"


def test_a_service_whose_responsible_person_left_does_not_get_in(
    client_with: ClientWith, cast: Cast, token: str
) -> None:
    User.objects.filter(pk=cast.developer.pk).update(is_active=False)
    assert refused(client_with(token)) == "UNAUTHENTICATED"


@both_releases
def test_the_token_as_a_password_is_fine(
    mlflow_process: MlflowProcess, pipeline: MlflowClient, token: str
) -> None:
    env = {
        "MLFLOW_REGISTRY_URI": pipeline.url,
        "MLFLOW_TRACKING_TOKEN": "",
        "MLFLOW_TRACKING_USERNAME": "anybody",
        "MLFLOW_TRACKING_PASSWORD": token,
    }
    try:
        mlflow_process.call("create_registered_model", env, name="churn-model")
    finally:
        # Basic wins over a bearer token in this client, so it must not stay for the next test.
        cleared = env | {"MLFLOW_TRACKING_USERNAME": "", "MLFLOW_TRACKING_PASSWORD": ""}
        with pytest.raises(MlflowError):
            mlflow_process.call("get_registered_model", cleared, name="churn-model")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"\xff\xfe").decode(),
        "Basic " + b64encode(b"no-colon").decode(),
        "Digest abc",
        "Bearer \N{SNOWMAN}",
    ],
)
def test_a_header_that_is_no_credential_is_answered_in_mlflows_shape(
    cast: Cast, client: Client, header: str
) -> None:
    response = client.get(
        "/api/2.0/mlflow/registered-models/get", {"name": "x"}, headers={"Authorization": header}
    )
    assert response.status_code == 401
    assert response.json()["error_code"] == "UNAUTHENTICATED"
    assert "Basic" in response["WWW-Authenticate"]


READS = ("get_registered_model", "get_latest_versions", "get_model_version")
WRITES = {
    "create_model_version": {"source": "s3://bucket/model"},
    "update_registered_model": {"description": "Mine now."},
    "set_registered_model_tag": {"key": "mine", "value": "1"},
    "set_model_version_tag": {"version": "1", "key": "mine", "value": "1"},
    "update_model_version": {"version": "1", "description": "Mine now."},
    "delete_registered_model_tag": {"key": "mine"},
    "delete_model_version_tag": {"version": "1", "key": "mine"},
}


@pytest.fixture
def reader(client_with: ClientWith, cast: Cast, now: datetime) -> MlflowClient:
    make_policies(cast)
    make_version(cast, make_model(cast))
    return client_with(make_token(cast, name="reader", scopes=[Scope.READ], at=now)[1])


@pytest.mark.parametrize("method", READS)
def test_a_token_that_may_read_reads(reader: MlflowClient, method: str) -> None:
    extra = {"version": "1"} if method == "get_model_version" else {}
    assert getattr(reader, method)(name="churn-model", **extra)


@pytest.mark.parametrize("method", WRITES)
def test_a_token_that_may_only_read_writes_nothing(reader: MlflowClient, method: str) -> None:
    with nothing_moves(entries=["call.refused"]), pytest.raises(MlflowError) as refused:
        getattr(reader, method)(name="churn-model", **WRITES[method])
    assert refused.value.error_code == "PERMISSION_DENIED"
    assert refused.value.json["permission"] == "registry:version:register"


@both_releases
def test_a_token_that_may_only_read_creates_no_model(reader: MlflowClient) -> None:
    with nothing_moves(entries=["call.refused"]), pytest.raises(MlflowError) as refused:
        reader.create_registered_model(name="another-model")
    assert refused.value.json["permission"] == "inventory:model:create"


def test_a_token_that_may_not_ask_opens_no_request(
    client_with: ClientWith, reader: MlflowClient, cast: Cast, now: datetime
) -> None:
    _, secret = make_token(cast, name="registrar", scopes=[Scope.READ, Scope.REGISTER], at=now)
    with nothing_moves(entries=["call.refused"]), pytest.raises(MlflowError) as refused:
        client_with(secret).transition_model_version_stage(
            name="churn-model", version="1", stage="Staging"
        )
    assert refused.value.json["rule"] == "permission_missing"
