"""The real MLflow client for our tests: a process of its own, because mlflow has its own venv.

Two releases of it, since pipelines still run the older one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.client_process import ClientError, ClientProcess, Interpreter

FOLDER = Path(__file__).parent
CHURN = Interpreter.of("CHURN_PYTHON", ".venv-churn", "examples/churn/requirements.txt")
CHURN_PYTHON = CHURN.python


class MlflowError(ClientError):
    """What the client raised: MLflow's code, its message, and the whole body the server sent."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """A release of MLflow: who runs it, and where its runs and logged models stand."""

    interpreter: Interpreter
    store: str

    def tracking_uri(self, folder: Path) -> str:
        return self.store.format(folder=folder)


RELEASES = {
    "mlflow-3": Release(interpreter=CHURN, store="sqlite:///{folder}/mlflow.db"),
    # The skinny package, which has no store in a database: the client is the same code.
    "mlflow-2": Release(
        interpreter=Interpreter.of(
            "MLFLOW_2_PYTHON", ".venv-mlflow-2", "tests/clients/mlflow-2.txt"
        ),
        store="file://{folder}/runs",
    ),
}
CURRENT = "mlflow-3"
both_releases = pytest.mark.parametrize("mlflow_process", RELEASES, indirect=True)
"""Marks a test that each release has to pass; the others are for the release of today."""


class MlflowProcess(ClientProcess):
    """A persistent process that answers calls of `mlflow.MlflowClient` by name."""

    def __init__(self, folder: Path, release: Release = RELEASES[CURRENT]) -> None:
        super().__init__(
            release.interpreter,
            FOLDER / "mlflow_worker.py",
            folder=folder,
            env=environment(folder, release),
            error=MlflowError,
        )


class MlflowClient:
    """MLflow's client, aimed at one portal with one token: `client.get_model_version(name=…)`."""

    def __init__(self, process: MlflowProcess, url: str, token: str) -> None:
        self.process = process
        self.url = url
        self.token = token

    def __getattr__(self, method: str) -> Any:
        def call(**args: Any) -> Any:
            env = {"MLFLOW_REGISTRY_URI": self.url, "MLFLOW_TRACKING_TOKEN": self.token}
            return self.process.call(method, env, **args)

        return call


def environment(folder: Path, release: Release = RELEASES[CURRENT]) -> dict[str, str]:
    """Return an environment in which mlflow keeps runs in `folder` and never waits to retry."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "DJANGO_"))}
    return kept | {
        "MLFLOW_TRACKING_URI": release.tracking_uri(folder),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "HOME": str(folder),
    }
