"""Choosing what a pack is of, who may see it, who took it away; cancel, crash and resume."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import create_unit
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.audit.registration import snapshot
from governance.audit.rules import Verb
from governance.audit.verification import verify
from governance.evidence.actions.packs import build_pack, request_pack
from governance.evidence.models import Pack, PackDownload
from governance.evidence.queries.scopes import scope_of_model, scope_wanted
from governance.evidence.rules.scopes import Chapter, PackScope, ScopeKind, ScopeUnseen, Wanted
from governance.inventory.actions import create_model
from governance.inventory.models import Model
from governance.jobs.actions import cancel, claim, enqueue
from governance.jobs.models import Job
from governance.jobs.rules import LEASE, JobGone, JobState
from governance.jobs.running import run_job
from tests.factories import NOON, Cast, make_cast, make_model, make_person
from tests.job_kinds import tasks as kinds  # noqa: F401  registers the kinds

pytestmark = pytest.mark.django_db

NO_CHAPTERS: tuple[Chapter, ...] = ()


@pytest.fixture
def cast() -> Cast:
    cast = make_cast()
    make_model(cast)
    make_model(cast, name="fraud-model", tier=1)
    return cast


@pytest.fixture
def reader(cast: Cast, client: Client) -> Client:
    client.force_login(cast.auditor)
    return client


def small(cast: Cast, kind: ScopeKind = ScopeKind.PORTFOLIO, **said: Any) -> PackScope:
    """A scope whose pack is drawn quickly: no chapter but the summaries."""
    wanted = Wanted(kind=kind, chapters=NO_CHAPTERS, **said)
    return scope_wanted(wanted=wanted, actor=cast.auditor, at=timezone.now())


def filed(cast: Cast, scope: PackScope) -> Pack:
    request_pack(scope=scope, actor=cast.auditor, at=timezone.now())
    assert run_job(worker="here")
    return Pack.objects.get()


def page_of(client: Client, **said: Any) -> str:
    return client.get(reverse("evidence"), said).content.decode()


@pytest.mark.parametrize("kind", ["model", "version", "decision", "portfolio", "trail"])
def test_every_kind_has_its_form_and_no_error_before_anything_is_chosen(
    reader: Client, kind: str
) -> None:
    answer = reader.get(reverse("evidence"), {"of": kind})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'aria-current="page"' in text
    assert "error-summary" not in text
    assert ('name="number"' in text) is (kind in {"version", "decision"})


def test_the_preview_counts_what_there_is_and_names_what_there_is_not(reader: Client) -> None:
    text = page_of(reader, of="portfolio", chosen="1", frameworks=["sr-26-2"])
    assert "2 models: all models, as far as who asked may see them" in text
    for words in ("Complete", "Partial", "No evidence", "Unknown", "Does not apply"):
        assert words in text, words
    assert "fraud-model: No version serves in Production." in text
    assert not Job.objects.exists()


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"of": "version", "model": "churn-model", "number": "7"}, "number", "has no version 7"),
        ({"of": "version", "model": "churn-model", "number": "x"}, "number", "in digits"),
        ({"of": "decision", "model": "churn-model", "number": "D-9"}, "number", "decision D-9"),
        ({"of": "portfolio", "unit": "bank/none"}, "unit", "no such model in a unit"),
        ({"of": "portfolio", "tier": "9"}, "tier", "Choose a tier"),
        (
            {"of": "portfolio", "since": "2026-06-30", "until": "2026-01-01"},
            "until",
            "ends before it begins",
        ),
        ({"of": "portfolio", "since": "soon"}, "since", "Enter a day"),
        ({"of": "trail", "since": "2026-01-01"}, "model", "either a model or"),
        ({"of": "model", "model": "churn-model", "frameworks": "none"}, "frameworks", "none"),
    ],
)
def test_what_is_wrong_is_named_and_what_was_typed_stays(
    reader: Client, said: dict[str, str], field: str, message: str
) -> None:
    answer = reader.post(reverse("evidence"), {**said, "chosen": "1"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert message in text
    assert "No pack was asked for." in text
    assert f'href="#id_{field}' in text
    if "since" in said:
        assert f'value="{said["since"]}"' in text
    assert not Job.objects.exists()


def test_a_portfolio_holds_what_its_asker_may_see_and_says_which_filter(
    cast: Cast, client: Client
) -> None:
    other = create_unit(path="bank/markets", name="Markets", actor=CONSOLE, at=NOON)
    owner = make_person("Mara Markets", Role.MODEL_OWNER, unit=other)
    hidden = create_model(name="var-model", unit=other, record=None, actor=owner, at=NOON)
    own = scope_wanted(wanted=Wanted(kind=ScopeKind.PORTFOLIO), actor=cast.owner, at=timezone.now())
    assert hidden.ref not in own.models
    assert "as far as who asked may see them" in own.sentence
    everything = small(cast)
    assert hidden.ref in everything.models
    with pytest.raises(ScopeUnseen):
        request_pack(scope=everything, actor=cast.owner, at=timezone.now())
    assert not Job.objects.exists()
    pack = filed(cast, everything)
    client.force_login(cast.owner)
    for url in (
        reverse("pack", args=[pack.pk]),
        reverse("pack_file", args=[pack.pk, pack.pdf_name]),
    ):
        assert client.get(url).status_code == 404
    assert pack.reference not in client.get(reverse("evidence")).content.decode()
    assert not PackDownload.objects.exists()


def test_a_trail_of_the_firm_is_for_those_who_may_read_it(cast: Cast, client: Client) -> None:
    pack = filed(cast, small(cast, ScopeKind.TRAIL, streams=("accounts",)))
    client.force_login(cast.auditor)
    assert client.get(reverse("pack", args=[pack.pk])).status_code == 200
    client.force_login(cast.outsider)
    assert client.get(reverse("pack", args=[pack.pk])).status_code == 404
    assert 'name="streams"' not in page_of(client, of="trail")


def test_every_download_is_on_record_and_listed(cast: Cast, reader: Client) -> None:
    pack = filed(cast, small(cast, ScopeKind.MODEL, model="churn-model"))
    url = reverse("pack", args=[pack.pk])
    assert "Nobody has taken it away" in reader.get(url).content.decode()
    for name in (pack.pdf_name, "evidence.json"):
        b"".join(reader.get(reverse("pack_file", args=[pack.pk, name])).streaming_content)
    rows = list(PackDownload.objects.order_by("downloaded_at"))
    assert [row.name for row in rows] == [pack.pdf_name, "evidence.json"]
    assert {row.downloaded_by for row in rows} == {cast.auditor.ref}
    entries = LedgerEntry.objects.filter(verb=Verb.PACK_DOWNLOADED).order_by("seq")
    assert [entry.subject for entry in entries] == [pack.ref] * 2
    assert entries[0].facts["file"] == pack.pdf_name
    text = reader.get(url).content.decode()
    assert text.count("Aud Itor") >= 2
    assert verify(states=True).intact


def test_files_that_are_gone_say_so_and_the_record_stands(cast: Cast, reader: Client) -> None:
    pack = filed(cast, small(cast, ScopeKind.MODEL, model="churn-model"))
    shutil.rmtree(Path(settings.PACK_DIR) / pack.folder)
    text = reader.get(reverse("pack", args=[pack.pk])).content.decode()
    assert "not where they were filed" in text
    assert pack.file_digest in text
    assert "Download PDF" not in text
    assert reader.get(reverse("pack_file", args=[pack.pk, pack.pdf_name])).status_code == 404
    assert not PackDownload.objects.exists()


def folders() -> list[str]:
    return sorted(path.name for path in Path(settings.PACK_DIR).glob("*"))


def test_canceled_while_it_is_built_it_leaves_nothing(cast: Cast, var_dir: Path) -> None:
    job = request_pack(scope=small(cast), actor=cast.auditor, at=timezone.now())
    before, built = folders(), Pack.objects.count()

    def cancel_at_filing(number: int, of: int, words: str) -> None:
        if number == of:
            cancel(job_id=job.pk, actor=cast.auditor, at=timezone.now())

    running = claim(worker="here", at=timezone.now(), lease=LEASE)
    assert running == job

    def hold() -> None:
        if Job.objects.get(pk=job.pk).state == JobState.CANCELED:
            raise JobGone

    with pytest.raises(JobGone):
        build_pack(
            scope=small(cast),
            by=cast.auditor.ref,
            at=timezone.now(),
            report=cancel_at_filing,
            job=job.pk,
            hold=hold,
        )
    assert folders() == before
    assert Pack.objects.count() == built
    assert not LedgerEntry.objects.filter(verb=Verb.PACK_BUILT).exists()


def test_after_a_crash_the_next_attempt_files_it_once(cast: Cast, var_dir: Path) -> None:
    scope = small(cast, ScopeKind.MODEL, model="churn-model")
    job = request_pack(scope=scope, actor=cast.auditor, at=timezone.now())
    assert claim(worker="dies", at=timezone.now(), lease=LEASE)
    left = Path(settings.PACK_DIR) / f"{job.pk}-deadbeef.part"
    left.mkdir(parents=True)
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run_job(worker="lives")
    pack = Pack.objects.get()
    assert pack.job == job.pk
    assert not left.exists()
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert job.result["pack"] == str(pack.pk)


def test_a_crash_after_filing_returns_what_was_filed(cast: Cast, var_dir: Path) -> None:
    scope = small(cast, ScopeKind.MODEL, model="churn-model")
    job = request_pack(scope=scope, actor=cast.auditor, at=timezone.now())
    assert run_job(worker="here")
    Job.objects.filter(pk=job.pk).update(state=JobState.QUEUED, attempt=None)
    assert run_job(worker="again")
    job.refresh_from_db()
    assert job.result["pack"] == str(Pack.objects.get().pk)


def test_a_pack_from_before_there_was_a_choice_is_of_its_model(cast: Cast, reader: Client) -> None:
    """Rows are never changed: those that there were say nothing of a scope, and stay so."""
    model = Model.objects.get(name="churn-model")
    pack = Pack(model=model, content_digest="a" * 64, head="b" * 64)
    assert pack.of == scope_of_model(model)
    assert pack.title == "churn-model"
    # What the ledger keeps the digest of is what it was before the columns were there.
    assert snapshot(pack).keys().isdisjoint({"kind", "scope", "streams"})


def test_the_job_says_what_it_builds_and_how_far_it_is(cast: Cast, reader: Client) -> None:
    job = request_pack(scope=small(cast), actor=cast.auditor, at=timezone.now())
    text = reader.get(reverse("job", args=[job.pk])).content.decode()
    assert "2 models: all models, as far as who asked may see them" in text
    assert run_job(worker="here")
    job.refresh_from_db()
    assert job.progress[0]["words"] == "Collecting the records, at one moment: model 2 of 2"
    assert len(job.progress) == job.steps


@pytest.mark.long
def test_dozens_of_packs_finish_and_hold_up_neither_pages_nor_other_jobs(
    cast: Cast, reader: Client, var_dir: Path
) -> None:
    at = timezone.now()
    for days in range(36):
        day = at.date() - timedelta(days=days)
        scope = small(cast, ScopeKind.TRAIL, model="churn-model", until=day)
        request_pack(scope=scope, actor=cast.auditor, at=at)
    first = claim(worker="here", at=at, lease=LEASE)
    assert first
    assert claim(worker="there", at=at, lease=LEASE) is None
    enqueue(kind="test_refuse", args={}, actor=cast.auditor, at=at)
    assert run_job(worker="there")
    assert Job.objects.get(kind="test_refuse").state == JobState.FAILED
    assert reader.get(reverse("evidence")).status_code == 200
    Job.objects.filter(pk=first.pk).update(state=JobState.QUEUED, attempt=None)
    while run_job(worker="here"):
        assert reader.get(reverse("evidence")).status_code == 200
    assert Pack.objects.count() == 36
