"""The real MLflow client for our tests: a process of its own, because mlflow has its own venv."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
WORKER = Path(__file__).with_name("mlflow_worker.py")
CHURN_PYTHON = Path(os.environ.get("CHURN_PYTHON", ROOT / ".venv-churn" / "bin" / "python"))


class MlflowError(Exception):
    """What the client raised: MLflow's code, its message, and the whole body the server sent."""

    def __init__(self, error_code: str, message: str, json: dict[str, Any] | None) -> None:
        super().__init__(message)
        self.error_code = error_code
        self.message = message
        self.json = json or {}


class MlflowProcess:
    """A persistent process that answers calls of `mlflow.MlflowClient` by name."""

    def __init__(self, folder: Path) -> None:
        if not CHURN_PYTHON.exists():
            pytest.fail(
                f"no interpreter with mlflow at {CHURN_PYTHON}: make one from "
                "examples/churn/requirements.txt, or name one in CHURN_PYTHON",
                pytrace=False,
            )
        self.errors = (folder / "mlflow-worker.log").open("w+")
        self.process = subprocess.Popen(
            # -P: the worker's folder has a package called http.
            [CHURN_PYTHON, "-P", WORKER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
            cwd=folder,
            env=environment(folder),
        )

    def call(self, method: str, env: dict[str, str], **args: Any) -> Any:
        """Return what the client returned, as plain values. Raises MlflowError."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        asked = {"method": method, "args": args, "env": env}
        if self.process.poll() is None:
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            pytest.fail(f"the MLflow process ended:\n{self.errors.read()[-4000:]}")
        answered = json.loads(line)
        if "error" in answered:
            raise MlflowError(**answered["error"])
        return answered["result"]

    def stop(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self.process.stdin.close()
        self.process.wait(timeout=10)
        self.process.stdout.close()
        self.errors.close()


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


def environment(folder: Path) -> dict[str, str]:
    """Return an environment in which mlflow keeps runs in `folder` and never waits to retry."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "DJANGO_"))}
    return kept | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "HOME": str(folder),
    }
