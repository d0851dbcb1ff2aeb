"""Pulling measured values, and reading files, from a real MLflow tracking server."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests

from governance.accounts.rules import PermissionMissing
from governance.core.errors import InvalidInput
from governance.inventory.actions import ModelRecord, edit_model
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.jobs.running import run_job
from governance.registry.actions import check_artifacts, pull_metrics, register_version
from governance.registry.actions.pulls import NothingToPull
from governance.registry.models import EvaluationResult, ModelVersion
from governance.registry.reading import read_artifacts
from governance.registry.rules import Registration, SourceUnreadable
from tests import factories as f
from tests.factories import NOON, Cast
from tests.mlflow_client import CHURN_PYTHON, environment
from tests.servers import free_port

API = "api/2.0/mlflow"
START_SECONDS = 60


@pytest.fixture(scope="module")
def tracking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real `mlflow server` on loopback; returns its address."""
    folder, port = tmp_path_factory.mktemp("tracking"), free_port()
    command = [CHURN_PYTHON, "-m", "mlflow", "server", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{folder}/tracking.db"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(folder) | quiet, stdout=log, stderr=log
        )
    try:
        _wait(f"http://127.0.0.1:{port}/health", process, folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.2)
    pytest.fail(f"mlflow server did not start:\n{log.read_text()[-2000:]}")


@pytest.fixture
def run_id(tracking: str) -> str:
    """A finished run with three metrics, one of them no number."""
    new = {"experiment_id": "0", "start_time": 1_700_000_000_000}
    run = requests.post(f"{tracking}/{API}/runs/create", json=new, timeout=20).json()["run"]
    identity = str(run["info"]["run_id"])
    for key, value in (("accuracy", 0.8225), ("auc", 0.857), ("broken", "NaN")):
        metric = {"run_id": identity, "key": key, "value": value, "timestamp": 1_700_000_000_123}
        requests.post(f"{tracking}/{API}/runs/log-metric", json=metric, timeout=20)
    return identity


@pytest.fixture
def model(cast: Cast, settings: Any, tracking: str) -> Model:
    settings.TRACKING_HOSTS = [tracking.removeprefix("http://")]
    model = f.make_model(cast)
    return edit_model(model=model, record=record(cast, model, tracking), actor=cast.owner, at=NOON)


def record(cast: Cast, model: Model, uri: str) -> ModelRecord:
    return ModelRecord(
        purpose=model.purpose,
        intended_use=model.intended_use,
        kind=model.kind,
        owner=cast.owner,
        developers=[cast.developer],
        tier=model.tier,
        tracking_uri=uri,
    )


def register(cast: Cast, model: Model, run_id: str) -> ModelVersion:
    registration = Registration(source="models:/m-1", run_id=run_id)
    return register_version(model=model, registration=registration, actor=cast.developer, at=NOON)


def test_a_registered_run_is_read_to_the_digit(cast: Cast, model: Model, run_id: str) -> None:
    version = register(cast, model, run_id)
    assert run_job(worker="here")
    assert set(
        EvaluationResult.objects.filter(version=version).values_list("metric", "value", "source")
    ) == {("accuracy", "0.8225", "PULLED"), ("auc", "0.857", "PULLED")}


def test_reading_again_adds_nothing(cast: Cast, model: Model, run_id: str) -> None:
    version = register(cast, model, run_id)
    run_job(worker="here")
    again = pull_metrics(version=version, actor=cast.developer, at=NOON)
    run_job(worker="here")
    again.refresh_from_db()
    assert again.result == {"fetched": 2, "new": 0}
    assert EvaluationResult.objects.filter(version=version).count() == 2


def test_an_unknown_run_fails_the_job_and_adds_nothing(cast: Cast, model: Model) -> None:
    register(cast, model, "f" * 32)
    run_job(worker="here")
    job = Job.objects.get()
    assert job.state == "FAILED"
    assert "404" in job.error
    assert not EvaluationResult.objects.exists()


def test_a_server_nobody_listed_is_not_asked(
    cast: Cast, model: Model, run_id: str, settings: Any
) -> None:
    register(cast, model, run_id)
    settings.TRACKING_HOSTS = []
    run_job(worker="here")
    assert Job.objects.get().state == "FAILED"
    assert not EvaluationResult.objects.exists()


@pytest.mark.parametrize(
    "uri", ["http://169.254.169.254", "file:///etc/passwd", "http://user:pw@127.0.0.1:5000"]
)
def test_an_owner_cannot_aim_the_portal_elsewhere(cast: Cast, model: Model, uri: str) -> None:
    before = model.tracking_uri
    with pytest.raises(InvalidInput) as refused:
        edit_model(model=model, record=record(cast, model, uri), actor=cast.owner, at=NOON)
    assert refused.value.problems[0].field == "tracking_uri"
    model.refresh_from_db()
    assert model.tracking_uri == before


def test_asking_needs_a_run_and_the_permission(cast: Cast, model: Model) -> None:
    version = register(cast, model, "")
    with pytest.raises(NothingToPull):
        pull_metrics(version=version, actor=cast.developer, at=NOON)
    with pytest.raises(PermissionMissing):
        pull_metrics(version=version, actor=cast.approver, at=NOON)
    assert not Job.objects.exists()


FILES = {"MLmodel": b"flavors", "data/model.bin": b"weights" * 50_000, "data/with space.txt": b""}


def put(tracking: str, path: str, data: bytes) -> None:
    address = f"{tracking}/api/2.0/mlflow-artifacts/artifacts/{quote(path)}"
    assert requests.put(address, data=data, timeout=20).ok


def folder_of(tracking: str, run_id: str) -> str:
    run = requests.get(f"{tracking}/{API}/runs/get", params={"run_id": run_id}, timeout=20).json()
    return str(run["run"]["info"]["artifact_uri"])


def test_files_are_read_through_the_server_and_compared(
    cast: Cast, model: Model, tracking: str, run_id: str
) -> None:
    folder = folder_of(tracking, run_id)
    inner = folder.partition(":/")[2]
    for path, data in FILES.items():
        put(tracking, f"{inner}/model/{path}", data)
    facts = sorted((path, sha256(data).hexdigest(), len(data)) for path, data in FILES.items())

    proxied, of_run = (
        register_version(
            model=model, registration=Registration(source=source), actor=cast.developer, at=NOON
        )
        for source in (f"{folder}/model", f"runs:/{run_id}/model")
    )
    while run_job(worker="here"):
        pass
    for version in (proxied, of_run):
        kept = version.artifacts.order_by("path").values_list("path", "sha256", "size")
        assert list(kept) == facts

    put(tracking, f"{inner}/model/MLmodel", b"flavor5")
    check_artifacts(version=proxied, actor=cast.owner, at=NOON)
    while run_job(worker="here"):
        pass
    check = proxied.artifact_checks.get()
    assert (check.outcome, [one["path"] for one in check.differences]) == ("MISMATCH", ["MLmodel"])


@pytest.mark.parametrize(
    "source",
    [
        "mlflow-artifacts:/no/such/folder",
        "mlflow-artifacts://elsewhere.example/0/model",
        f"runs:/{'f' * 32}/model",
        f"models:/m-{'f' * 32}",
    ],
)
def test_what_the_server_does_not_give_is_unreadable(cast: Cast, model: Model, source: str) -> None:
    version = register_version(
        model=model, registration=Registration(source=source), actor=cast.developer, at=NOON
    )
    with pytest.raises(SourceUnreadable):
        read_artifacts(version, report=lambda files, path: None)
    run_job(worker="here")
    assert Job.objects.get(kind="hash_artifacts").state == "FAILED"
