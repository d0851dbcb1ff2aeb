"""The real databricks-sdk for our tests, in a process of its own beside MLflow's client."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from tests.client_process import ClientError, ClientProcess
from tests.mlflow_client import CHURN

WORKER = Path(__file__).with_name("databricks_worker.py")


class DatabricksError(ClientError):
    """What the client raised: the code and the message that the server sent."""


class DatabricksProcess(ClientProcess):
    """A persistent process that answers calls of `WorkspaceClient.model_registry` by name."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            CHURN, WORKER, folder=folder, env=environment(folder), error=DatabricksError
        )


class DatabricksClient:
    """The client, aimed at one portal with one token: `client.create_comment(name=…)`."""

    def __init__(self, process: DatabricksProcess, url: str, token: str) -> None:
        self.process = process
        self.url = url
        self.token = token

    def __getattr__(self, method: str) -> Any:
        def call(**args: Any) -> Any:
            return self.process.call(method, {"host": self.url, "token": self.token}, **args)

        return call


def environment(folder: Path) -> dict[str, str]:
    """Return an environment that tells the client nothing but what a call does."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABRICKS_", "DJANGO_"))}
    return kept | {"HOME": str(folder)}
