"""A live portal, the real client of MLflow in its own interpreter, and a token to use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

import pytest
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from governance.accounts.rules import Scope
from tests.factories import Cast, make_cast, make_token
from tests.mlflow_client import MlflowClient, MlflowProcess


@pytest.fixture(scope="session")
def mlflow_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowProcess]:
    process = MlflowProcess(tmp_path_factory.mktemp("mlflow"))
    yield process
    process.stop()


@pytest.fixture
def now() -> datetime:
    """The clock of the server: tokens hold against it, so tests with a live server use it."""
    return timezone.now()


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def client_with(
    live_server: LiveServer, mlflow_process: MlflowProcess
) -> Callable[[str], MlflowClient]:
    """Return MLflow's client with a given token."""
    return lambda token: MlflowClient(mlflow_process, live_server.url, token)


@pytest.fixture
def token(cast: Cast, now: datetime) -> str:
    """The secret of a pipeline that may register, read and ask, in the unit bank/retail."""
    return make_token(cast, scopes=tuple(Scope), at=now)[1]


@pytest.fixture
def pipeline(client_with: Callable[[str], MlflowClient], token: str) -> MlflowClient:
    return client_with(token)
