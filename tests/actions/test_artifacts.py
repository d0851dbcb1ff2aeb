"""Files at their source: read and compared, with real files and a server that speaks S3."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from moto.server import ThreadedMotoServer

from governance.accounts.rules import PermissionMissing
from governance.inventory.models import Model
from governance.jobs.models import Job
from governance.jobs.recurring import look_around
from governance.jobs.running import run_job
from governance.registry.actions import (
    check_artifacts,
    record_artifact_check,
    record_artifacts,
    register_version,
)
from governance.registry.actions.artifacts import READER
from governance.registry.models import ArtifactCheck, ModelVersion
from governance.registry.reading import is_readable, read_artifacts
from governance.registry.rules import (
    ArtifactFact,
    ArtifactsKnown,
    NotThePortal,
    Registration,
    SourceUnreadable,
    artifact_differences,
)
from tests import factories as f
from tests.factories import Cast
from tests.servers import free_port
from tests.world import newest_entry, refused

LATER = f.later(hours=1)
FILES = {"MLmodel": b"flavors", "data/model.bin": bytes(range(256)) * 9000, "data/empty": b""}
FACTS = sorted((path, sha256(data).hexdigest(), len(data)) for path, data in FILES.items())


def silent(files: int, path: str) -> None:
    pass


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def root(tmp_path: Path, settings: Any) -> Path:
    """A folder that the operator listed, with one model in it."""
    for path, data in FILES.items():
        place = tmp_path / "listed" / "m" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    (tmp_path / "secret").write_text("nobody registers this")
    settings.ARTIFACT_ROOTS = [str(tmp_path / "listed")]
    return tmp_path / "listed"


def register(cast: Cast, model: Model, source: object, **more: Any) -> ModelVersion:
    registration = Registration(source=str(source), **more)
    return register_version(model=model, registration=registration, actor=cast.developer, at=LATER)


def check(version: ModelVersion, cast: Cast) -> ArtifactCheck:
    check_artifacts(version=version, actor=cast.validator, at=LATER)
    assert run_job(worker="here")
    return version.artifact_checks.latest("checked_at")


class TestAFolder:
    def test_a_version_without_digests_gets_them_from_its_source(
        self, cast: Cast, model: Model, root: Path
    ) -> None:
        version = register(cast, model, root / "m")
        assert run_job(worker="here")
        kept = version.artifacts.order_by("path").values_list("path", "sha256", "size", "origin")
        assert list(kept) == [(*fact, "COMPUTED") for fact in FACTS]
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.facts["artifacts"]) == ("artifacts.recorded", 3)
        assert set(entry.states) == {row.ref for row in version.artifacts.all()}
        version.refresh_from_db()
        assert version.digest == Registration(source=str(root / "m")).digest(
            model=model.ref, number=1
        )

    def test_a_version_with_digests_keeps_those_it_came_with(
        self, cast: Cast, model: Model, root: Path
    ) -> None:
        register(cast, model, root / "m", artifacts=[ArtifactFact(path="a", sha256="a" * 64)])
        assert not Job.objects.exists()

    def test_the_same_files_match_and_each_other_is_named(
        self, cast: Cast, model: Model, root: Path
    ) -> None:
        version = register(cast, model, root / "m")
        run_job(worker="here")
        first = check(version, cast)
        assert (first.outcome, first.differences, first.files) == ("MATCH", [], 3)

        data = bytearray(FILES["data/model.bin"])
        data[70_000] ^= 1
        (root / "m/data/model.bin").write_bytes(data)
        (root / "m/MLmodel").unlink()
        (root / "m/hook.py").write_text("import os")
        second = check(version, cast)
        assert second.outcome == "MISMATCH"
        assert second.differences == [
            {"path": "MLmodel", "expected": sha256(b"flavors").hexdigest(), "found": ""},
            {
                "path": "data/model.bin",
                "expected": sha256(FILES["data/model.bin"]).hexdigest(),
                "found": sha256(data).hexdigest(),
            },
            {"path": "hook.py", "expected": "", "found": sha256(b"import os").hexdigest()},
        ]
        entry = newest_entry(model.stream)
        assert (entry.verb, entry.actor) == ("artifacts.checked", "system:reader")
        assert entry.facts == {
            "number": 1, "outcome": "MISMATCH", "files": 3, "differences": 3,
        }  # fmt: skip

    def test_a_source_that_is_gone_is_unreadable_and_no_mismatch(
        self, cast: Cast, model: Model, root: Path
    ) -> None:
        version = register(cast, model, root / "m/data/model.bin")
        run_job(worker="here")
        assert [row.path for row in version.artifacts.all()] == ["model.bin"]
        (root / "m/data/model.bin").unlink()
        assert check(version, cast).outcome == "UNREADABLE"
        result = Job.objects.get(kind="check_artifacts").result
        assert result is not None
        assert result["why"] == "It cannot be read: No such file or directory."

    @pytest.mark.parametrize("kind", ["file", "folder", "within", "pipe"])
    def test_no_link_is_followed_and_no_pipe_is_read(
        self, cast: Cast, model: Model, root: Path, kind: str
    ) -> None:
        match kind:
            case "file":
                (root / "m/link").symlink_to(root.parent / "secret")
            case "folder":
                (root / "m/link").symlink_to(root.parent)
            case "within":
                (root / "real").mkdir()
                (root / "m").rename(root / "real/m")
                (root / "m").symlink_to(root / "real/m")
            case "pipe":
                os.mkfifo(root / "m/pipe")
        version = register(cast, model, root / "m")
        with pytest.raises(SourceUnreadable):
            read_artifacts(version, report=silent)

    @pytest.mark.parametrize(
        "source",
        ["{0}-not/m", "{1}/secret", "/etc/passwd", "file://elsewhere{0}/m", "m", "{0}/m/%2e%2e"],
    )
    def test_what_lies_elsewhere_is_not_read(
        self, cast: Cast, model: Model, root: Path, source: str
    ) -> None:
        version = register(cast, model, source.format(root, root.parent))
        with pytest.raises(SourceUnreadable):
            read_artifacts(version, report=silent)

    def test_a_file_address_and_a_limit(self, cast: Cast, model: Model, root: Path) -> None:
        version = register(cast, model, (root / "m").as_uri())
        assert len(read_artifacts(version, report=silent)) == 3
        for name, most in (("ARTIFACT_MAX_FILES", 2), ("ARTIFACT_MAX_BYTES", 1000)):
            with override_settings(**{name: most}), pytest.raises(SourceUnreadable, match=name):
                read_artifacts(version, report=silent)

    def test_an_empty_folder_has_no_digests(self, cast: Cast, model: Model, root: Path) -> None:
        (root / "none").mkdir()
        register(cast, model, root / "none")
        run_job(worker="here")
        job = Job.objects.get()
        assert (job.state, job.error) == ("FAILED", "There is no file at its source.")


class TestEachDay:
    def test_what_serves_is_checked_once_a_day(
        self, cast: Cast, model: Model, root: Path, settings: Any
    ) -> None:
        f.make_policies(cast)
        live, draft = (register(cast, model, root / "m") for _ in range(2))
        while run_job(worker="here"):
            pass
        assert f.make_version(cast, model).artifacts.exists()
        live.evaluations.create(
            metric="accuracy", value="0.95", source="POSTED", received_at=LATER, received_from="x"
        )
        f.make_champion(cast, live, at=LATER)
        now = timezone.now()
        for hours, checks in ((0, 1), (23, 1), (25, 2)):
            look_around(now + timedelta(hours=hours))
            look_around(now + timedelta(hours=hours))
            while run_job(worker="here"):
                pass
            assert live.artifact_checks.count() == checks
        assert not draft.artifact_checks.exists()

        out = StringIO()
        call_command("check_artifacts", stdout=out)
        assert out.getvalue() == "churn-model version 1: Same as registered\n"
        (root / "m/MLmodel").write_bytes(b"other")
        with pytest.raises(CommandError, match="1 version not as registered"):
            call_command("check_artifacts", model="churn-model", stdout=out)
        assert "    MLmodel\n" in out.getvalue()
        settings.ARTIFACT_ROOTS = []
        call_command("check_artifacts", stdout=out)
        assert "may not read its source" in out.getvalue()


class TestAsking:
    def test_a_source_that_nobody_listed_is_refused(
        self, cast: Cast, model: Model, settings: Any
    ) -> None:
        settings.TRACKING_HOSTS = ["tracking.example"]
        for source in ("s3://models/m", "mlflow-artifacts:/0/m", "dbfs:/m", "models:/m-1", "x"):
            version = register(cast, model, source)
            assert not is_readable(version)
            with refused(SourceUnreadable):
                check_artifacts(version=version, actor=cast.validator, at=LATER)

    def test_twice_is_once(self, cast: Cast, model: Model, root: Path) -> None:
        version = register(cast, model, root / "m")
        run_job(worker="here")
        first, second = (
            check_artifacts(version=version, actor=cast.owner, at=LATER) for _ in range(2)
        )
        assert first == second

    @pytest.mark.parametrize("who", ["administrator", "outsider"])
    def test_who_may_not(self, cast: Cast, model: Model, root: Path, who: str) -> None:
        version = register(cast, model, root / "m")
        with refused(PermissionMissing):
            check_artifacts(version=version, actor=getattr(cast, who), at=LATER)


class TestRecording:
    def test_only_the_portal_says_what_it_read(self, cast: Cast, model: Model) -> None:
        version = register(cast, model, "models:/m-1")
        fact = ArtifactFact(path="a", sha256="a" * 64, size=1)
        with refused(NotThePortal):
            record_artifacts(version=version, found=[fact], actor=cast.developer, at=LATER)
        with refused(NotThePortal):
            record_artifact_check(version=version, found=[fact], actor=cast.developer, at=LATER)

    def test_digests_are_taken_once(self, cast: Cast, model: Model) -> None:
        version = f.make_version(cast, model)
        with refused(ArtifactsKnown):
            record_artifacts(version=version, found=[], actor=READER, at=LATER)


def test_files_are_compared_by_content_alone() -> None:
    one = ArtifactFact(path="a", sha256="a" * 64, size=None)
    assert artifact_differences([one], [ArtifactFact(path="a", sha256="a" * 64, size=3)]) == []


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A server that speaks S3, on loopback, with the files in two places of one bucket."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        port = free_port()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        server.start()
        url = f"http://127.0.0.1:{port}"
        store = boto3.client("s3", endpoint_url=url)
        store.create_bucket(Bucket="models")
        for path, data in FILES.items():
            for folder in ("team/m", "secret/m"):
                store.put_object(Bucket="models", Key=f"{folder}/{path}", Body=data)
        yield url
        server.stop()


@pytest.mark.usefixtures("root")
def test_a_bucket(cast: Cast, model: Model, s3: str, settings: Any) -> None:
    settings.ARTIFACT_BUCKETS, settings.S3_ENDPOINT_URL = ["models/team"], s3
    version = register(cast, model, "s3://models/team/m")
    assert run_job(worker="here"), "digests are taken at registration"
    kept = version.artifacts.order_by("path").values_list("path", "sha256", "size")
    assert list(kept) == FACTS

    store = boto3.client("s3", endpoint_url=s3)
    store.put_object(Bucket="models", Key="team/m/MLmodel", Body=b"flavor5")
    assert [one["path"] for one in check(version, cast).differences] == ["MLmodel"]
    store.delete_object(Bucket="models", Key="team/m/MLmodel")
    assert [one["found"] for one in check(version, cast).differences] == [""]

    single = register(cast, model, "s3://models/team/m/data/model.bin")
    assert [one.path for one in read_artifacts(single, report=silent)] == ["model.bin"]
    for source in ("s3://models/secret/m", "s3://models/teamwork", "s3://other/team/m"):
        assert not is_readable(register(cast, model, source))
    absent = register(cast, model, "s3://models/team/absent")
    settings.ARTIFACT_BUCKETS = ["models", "no-such-bucket"]
    for version in (absent, register(cast, model, "s3://no-such-bucket/m")):
        with pytest.raises(SourceUnreadable):
            read_artifacts(version, report=silent)
