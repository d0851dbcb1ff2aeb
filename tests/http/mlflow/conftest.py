"""A live portal, the real clients in interpreters of their own, and a token to use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache

import pytest
import requests
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from governance.accounts.rules import Scope
from tests import servers
from tests.databricks_client import DatabricksClient, DatabricksProcess
from tests.factories import Cast, make_cast, make_token
from tests.mlflow_client import (
    CHURN_PYTHON,
    CURRENT,
    RELEASES,
    MlflowClient,
    MlflowProcess,
    environment,
)


@pytest.fixture(scope="session")
def mlflow_processes(
    django_db_setup: None, live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], MlflowProcess]]:
    """Return the process of a release of MLflow, started when it is first asked for.

    They end before the server, whose threads hold a session of the database for each, and that
    before the database is dropped.
    """

    @cache
    def started(release: str) -> MlflowProcess:
        running.append(MlflowProcess(tmp_path_factory.mktemp(release), RELEASES[release]))
        return running[-1]

    running: list[MlflowProcess] = []
    yield started
    for process in running:
        process.stop()


@pytest.fixture
def mlflow_process(
    request: pytest.FixtureRequest, mlflow_processes: Callable[[str], MlflowProcess]
) -> MlflowProcess:
    """MLflow's client of today; of each release in tests marked with `both_releases`."""
    return mlflow_processes(getattr(request, "param", CURRENT))


@pytest.fixture(scope="session")
def databricks_process(
    django_db_setup: None, live_server: LiveServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[DatabricksProcess]:
    process = DatabricksProcess(tmp_path_factory.mktemp("databricks"))
    yield process
    process.stop()


@pytest.fixture(scope="session")
def tracking_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("tracking"), servers.free_port()
    command = [
        *servers.mortal(),
        "env",
        "-i",
        *(f"{key}={value}" for key, value in environment(folder).items()),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false",
        *(str(CHURN_PYTHON), "-m", "mlflow", "server", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", "1"),
        *("--backend-store-uri", f"sqlite:///{folder / 'server.db'}"),
        *("--artifacts-destination", str(folder / "artifacts")),
    ]
    url = f"http://127.0.0.1:{port}"
    with servers.running(command, log=folder / "log", ready=lambda: healthy(url)):
        yield url


def healthy(url: str) -> bool:
    try:
        return requests.get(f"{url}/health", timeout=2).ok
    except requests.RequestException:
        return False


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


@pytest.fixture
def databricks_with(
    live_server: LiveServer, databricks_process: DatabricksProcess
) -> Callable[[str], DatabricksClient]:
    """Return the databricks-sdk with a given token."""
    return lambda token: DatabricksClient(databricks_process, live_server.url, token)


@pytest.fixture
def databricks(databricks_with: Callable[[str], DatabricksClient], token: str) -> DatabricksClient:
    return databricks_with(token)
