"""Metrics pulled from a real MLflow tracking server that the model names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from pytest_django.fixtures import Settings

from governance.core.errors import InvalidInput
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.jobs.rules import JobState
from governance.jobs.running import run_job
from governance.registry.actions import pull_metrics, register_version
from governance.registry.actions.pulls import NothingToPull
from governance.registry.models import EvaluationResult, ModelVersion
from governance.registry.rules import Measurement, Registration
from governance.registry.tracking import TrackingUnavailable, fetch_measurements
from tests import servers
from tests.factories import NOON, Cast, make_cast, make_model, make_version
from tests.mlflow_client import MlflowClient, MlflowProcess
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def run_id(mlflow_process: MlflowProcess, tracking_server: str) -> str:
    """A run on the tracking server, with two metrics and one that is no number."""
    env = {"MLFLOW_TRACKING_URI": tracking_server}
    run = mlflow_process.call("create_run", env, experiment_id="0")["info"]["run_id"]
    for key, value in {"accuracy": 0.8725, "recall": 0.66225, "loss": float("nan")}.items():
        mlflow_process.call("log_metric", env, run_id=run, key=key, value=value)
    return str(run)


@pytest.fixture
def version(cast: Cast, tracking_server: str, run_id: str, settings: Settings) -> ModelVersion:
    """A version of that run, registered before its model named the tracking server."""
    settings.TRACKING_HOSTS = [tracking_server.removeprefix("http://")]
    registration = Registration(
        source="s3://bucket/model",
        run_id=run_id,
        lineage={"dataset": {"name": "holdout", "digest": "d" * 64}},
    )
    model = make_model(cast)
    register_version(model=model, registration=registration, actor=cast.developer, at=NOON)
    Model.objects.update(tracking_uri=tracking_server)
    return ModelVersion.objects.with_model().get()


def pulled() -> list[tuple[str, str]]:
    rows = EvaluationResult.objects.filter(source="PULLED").order_by("metric")
    return list(rows.values_list("metric", "value"))


def fetch(version: ModelVersion) -> list[Measurement]:
    return fetch_measurements(
        tracking_uri=version.model.tracking_uri,
        run_id=version.run_id,
        dataset_digest=version.dataset_digest,
    )


def test_what_the_run_measured_is_kept_digit_for_digit(
    version: ModelVersion, run_id: str, cast: Cast
) -> None:
    job = pull_metrics(version=version, actor=cast.developer, at=NOON)
    assert run_job(worker="test", job_id=job.pk)
    assert pulled() == [("accuracy", "0.8725"), ("recall", "0.66225")]
    for result in EvaluationResult.objects.filter(source="PULLED"):
        assert (result.run_id, result.dataset_digest) == (run_id, "d" * 64)
        assert result.measured_at is not None


def test_pulling_again_keeps_nothing_twice(version: ModelVersion, run_id: str, cast: Cast) -> None:
    for _ in range(2):
        job = pull_metrics(version=version, actor=cast.developer, at=NOON)
        assert run_job(worker="test", job_id=job.pk)
    assert pulled() == [("accuracy", "0.8725"), ("recall", "0.66225")]
    assert Job.objects.get(pk=job.pk).result == {"fetched": 2, "new": 0}


def test_a_registration_is_followed_by_a_pull(
    version: ModelVersion, run_id: str, pipeline: MlflowClient
) -> None:
    pipeline.create_model_version(name="churn-model", source="s3://bucket/model", run_id=run_id)
    assert run_job(worker="test", job_id=Job.objects.get(kind="pull_metrics").pk)
    assert pulled() == [("accuracy", "0.8725"), ("recall", "0.66225")]


def test_a_model_without_a_tracking_server_is_left_alone(cast: Cast) -> None:
    version = make_version(cast, make_model(cast))
    with nothing_moves(), pytest.raises(NothingToPull):
        pull_metrics(version=version, actor=cast.developer, at=NOON)
    assert not Job.objects.exists()


def test_a_host_that_nobody_allowed_is_not_called(
    version: ModelVersion, run_id: str, settings: Settings
) -> None:
    settings.TRACKING_HOSTS = ["tracking.example:443"]
    with pytest.raises(InvalidInput):
        fetch(version)


def test_a_run_that_is_not_there(version: ModelVersion) -> None:
    version.run_id = "nobodys-run"
    with pytest.raises(TrackingUnavailable, match="answered 404"):
        fetch(version)


def test_a_server_that_is_not_there_fails_the_job_in_words(
    version: ModelVersion, cast: Cast, settings: Settings
) -> None:
    closed = f"127.0.0.1:{servers.free_port()}"
    settings.TRACKING_HOSTS = [closed]
    Model.objects.update(tracking_uri=f"http://{closed}")
    version.refresh_from_db()
    job = pull_metrics(version=version, actor=cast.developer, at=NOON)
    assert run_job(worker="test", job_id=job.pk)
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "cannot be reached" in job.error
    assert not pulled()


ANSWERS = {
    "no JSON": (b"<html>", "is no run"),
    "a list": (b"[]", "is no run"),
    "no run": (b'{"experiment": {}}', "is no run"),
    "a run without data": (b'{"run": {"data": 7}}', "is no run"),
    "no metrics' shape": (b'{"run": {"data": {"metrics": [1]}}}', "is no run"),
    "too much": (b'"' + b"x" * (5 * 1024 * 1024) + b'"', "is larger"),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_what_is_no_run_of_mlflows_is_refused(
    version: ModelVersion, settings: Settings, kind: str
) -> None:
    body, words = ANSWERS[kind]
    with answering(200, body) as address:
        settings.TRACKING_HOSTS = [address]
        version.model.tracking_uri = f"http://{address}"
        with pytest.raises(TrackingUnavailable, match=words):
            fetch(version)


def test_a_redirect_is_not_followed(
    version: ModelVersion, run_id: str, settings: Settings, tracking_server: str
) -> None:
    with answering(302, b"", Location=tracking_server) as address:
        settings.TRACKING_HOSTS = [address]
        version.model.tracking_uri = f"http://{address}"
        with pytest.raises(TrackingUnavailable, match="answered 302"):
            fetch(version)


@contextmanager
def answering(status: int, body: bytes, **headers: str) -> Iterator[str]:
    """Serve one answer to everything, on a loopback port; give `host:port`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
