"""From the model to the pack in the reader's hands, over HTTP."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from governance.audit.models import LedgerCheckpoint, LedgerEntry
from governance.audit.rules import Verb
from governance.evidence.models import Pack
from governance.jobs.models import Job
from governance.jobs.rules import JobState
from governance.jobs.running import run_job
from tests.factories import Cast, make_cast, make_champion, make_model, make_policies, make_version
from tests.remembering import remembered

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    make_policies(cast)
    model = make_model(cast)
    make_champion(cast, make_version(cast, model))
    return cast


@pytest.fixture
def reader(cast: Cast, client: Client) -> Client:
    client.force_login(cast.auditor)
    return client


@remembered
def built(cast: Cast) -> Pack:
    """A pack that the auditor asked for and a worker built; its files stay for the session."""
    reader = Client()
    reader.force_login(cast.auditor)
    asked(reader)
    assert run_job(worker="here")
    return Pack.objects.get()


def asked(reader: Client) -> Job:
    answer = reader.post(reverse("evidence"), {"model": "churn-model"})
    job = Job.objects.get()
    assert answer.headers["Location"] == reverse("job", args=[job.pk])
    return job


def test_a_pack_is_asked_for_watched_and_taken_away(reader: Client, tmp_path: Path) -> None:
    job = asked(reader)
    page = reader.get(reverse("job", args=[job.pk])).content.decode()
    assert "Waiting for a worker" in page
    assert 'http-equiv="refresh"' in page
    assert run_job(worker="here")
    pack = Pack.objects.get()
    assert reader.get(reverse("job", args=[job.pk])).headers["Location"] == reverse(
        "pack", args=[pack.pk]
    )
    page = reader.get(reverse("pack", args=[pack.pk])).content.decode()
    assert pack.file_digest in page
    assert pack.content_digest in page
    for name in (pack.pdf_name, "evidence.json", "verify_pack.py"):
        answer = reader.get(reverse("pack_file", args=[pack.pk, name]))
        (tmp_path / name).write_bytes(b"".join(answer.streaming_content))
    command = [sys.executable, "verify_pack.py", pack.pdf_name, "--sha256", pack.file_digest]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode == 0


def test_building_is_an_entry_of_its_own_stream_and_changes_no_models(reader: Client) -> None:
    before = LedgerEntry.objects.exclude(verb=Verb.PACK_BUILT).count()
    asked(reader)
    run_job(worker="here")
    entry = LedgerEntry.objects.get(verb=Verb.PACK_BUILT)
    pack = Pack.objects.get()
    assert entry.stream_name == "evidence"
    assert entry.facts["file_sha256"] == pack.file_digest
    assert entry.states == {pack.ref: entry.states[pack.ref]}
    added = LedgerEntry.objects.exclude(verb__in=[Verb.PACK_BUILT, Verb.CHECKPOINT_MADE])
    assert added.count() == before
    newest = LedgerCheckpoint.objects.latest("size")
    assert newest.size == LedgerEntry.objects.count()


def test_a_double_click_is_one_job(reader: Client) -> None:
    asked(reader)
    asked(reader)


def test_the_polled_part_stops_asking_once_the_job_is_over(reader: Client) -> None:
    job = asked(reader)
    url = reverse("job", args=[job.pk])
    part = reader.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'hx-trigger="every 1s"' in part
    answer = reader.post(reverse("job_cancel", args=[job.pk]))
    assert answer.headers["Location"] == url
    part = reader.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "hx-trigger" not in part
    assert "Canceled" in part
    job.refresh_from_db()
    assert job.state == JobState.CANCELED
    assert not run_job(worker="here")
    assert not Pack.objects.exists()


def test_the_polled_part_sends_the_browser_to_the_result(cast: Cast, client: Client) -> None:
    pack = built(cast)
    client.force_login(cast.auditor)
    url = reverse("job", args=[Job.objects.get().pk])
    answer = client.get(url, headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == reverse("pack", args=[pack.pk])


def test_what_a_pack_would_hold_is_said_before(reader: Client) -> None:
    page = reader.get(reverse("evidence"), {"model": "churn-model"}).content.decode()
    assert "Before you build" in page
    assert "1, 1 live" in page
    assert "Packs so far" in page


@pytest.mark.parametrize("name", ["no-such-model", ""])
def test_a_foreign_model_is_refused_like_one_that_is_not_there(reader: Client, name: str) -> None:
    answer = reader.post(reverse("evidence"), {"model": name})
    assert answer.status_code == 422
    assert "No pack was asked for." in answer.content.decode()
    assert not Job.objects.exists()


def test_an_outsider_sees_neither_models_nor_jobs_nor_packs(cast: Cast, client: Client) -> None:
    pack = built(cast)
    job = Job.objects.get()
    client.force_login(cast.outsider)
    assert client.post(reverse("evidence"), {"model": "churn-model"}).status_code == 422
    for url in (
        reverse("job", args=[job.pk]),
        reverse("pack", args=[pack.pk]),
        reverse("pack_file", args=[pack.pk, pack.pdf_name]),
    ):
        assert client.get(url).status_code == 404
    assert pack.reference not in client.get(reverse("evidence")).content.decode()


@pytest.mark.parametrize("name", ["..", "passwd", "settings.py", "%2e%2e"])
def test_only_the_files_of_a_pack_can_be_fetched(cast: Cast, client: Client, name: str) -> None:
    pack = built(cast)
    client.force_login(cast.auditor)
    assert client.get(reverse("pack", args=[pack.pk]) + name).status_code == 404
