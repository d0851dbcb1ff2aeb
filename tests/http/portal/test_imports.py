"""From a file in a browser to the inventory: sent, shown, and written as it was shown."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.http import HttpResponse
from django.utils import timezone

from governance.accounts.models import User
from governance.audit.models import LedgerEntry
from governance.core.kept_files import KEPT_FILES, FileGone, keep_file, kept_file
from governance.core.sheets import csv_bytes
from governance.inventory.actions import edit_model
from governance.inventory.models import Model
from governance.inventory.rules.imports import FEW_ROWS, STEPS
from governance.jobs.actions import claim, keep, report
from governance.jobs.models import Job
from governance.jobs.rules import LEASE, JobState
from governance.jobs.running import run_job
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.deciding import everybody_signs_in, hidden, post, read, signed_in
from tests.http.portal.test_exports import fetched
from tests.world import nothing_moves

PAGE = "/inventory/import/"
HEAD = ["Name", "Unit", "Purpose"]


@pytest.fixture
def cast(cast: Cast) -> Cast:
    everybody_signs_in(cast)
    return cast


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


def csv_file(*rows: Sequence[str], head: Sequence[str] = HEAD) -> bytes:
    return b"".join(csv_bytes([head, *rows]))


def send(user: User, data: bytes) -> Any:
    return signed_in(user).post(PAGE, {"file": SimpleUploadedFile("models.csv", data)})


def shown(user: User, data: bytes) -> tuple[str, str]:
    """Send the file; return the address of its dry run, and the page."""
    with nothing_moves():
        answer = send(user, data)
        assert answer.status_code == 302, answer.content.decode()
        return answer.headers["Location"], read(user, answer.headers["Location"])


def apply(user: User, place: str, page: str) -> HttpResponse:
    return post(user, f"{place}apply/", seen=hidden(page, "seen"))


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", page)).split())


def test_a_file_is_sent_shown_and_written(cast: Cast, model: Model) -> None:
    assert "Intended use" in read(cast.owner, PAGE)
    data = csv_file(
        ["<b>new", "bank/retail", "Sorts."], [model.name, "bank/retail", "Says who stays."]
    )
    place, page = shown(cast.owner, data)
    told = f"{model.name} Changed row 3 Purpose: {model.purpose} → Says who stays."
    assert told in words(page)
    assert "&lt;b&gt;new" in page
    answer = apply(cast.owner, place, page)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/models/")
    assert "1 created, 1 changed" in read(cast.owner, "/models/")
    model.refresh_from_db()
    assert model.purpose == "Says who stays."
    verbs = LedgerEntry.objects.filter(source="IMPORT").values_list("verb", flat=True)
    assert sorted(verbs) == ["import.applied", "model.created", "model.updated"]
    told = words(read(cast.auditor, "/audit/"))
    assert "Imported a file into the inventory" in told
    assert "1 new, 1 changed. The file: SHA-256" in told
    # What was imported is not kept.
    assert signed_in(cast.owner).get(place).status_code == 404


def test_an_export_sent_back_changes_nothing(cast: Cast, model: Model) -> None:
    for path in ("/inventory/export.csv", "/inventory/export.xlsx"):
        _, page = shown(cast.owner, fetched(cast.owner, path))
        assert "This file changes nothing" in page


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty."),
        (b"Name,Colour\nx,y\n", "There is no column 'Colour' (column 2)."),
        (b"Name\nZ\xfcrich\n", "Row 2 is not in UTF-8."),
        (b"PK\x03\x04 and no more", "cannot be read as an Excel workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "Save it as .xlsx"),
        (b"x" * 10_000_001, "The file has more than 10 MB."),
    ],
)
def test_what_cannot_be_read_comes_back_on_the_form(cast: Cast, data: bytes, said: str) -> None:
    with nothing_moves():
        answer = send(cast.owner, data)
    assert answer.status_code == 422
    assert said in words(answer.content.decode())


def test_what_is_wrong_is_listed_and_nothing_can_be_applied(cast: Cast, model: Model) -> None:
    rows = [[f"m{n}", "bank/nowhere", "=evil()"] for n in range(250)]
    place, page = shown(cast.owner, csv_file(["good", "bank/retail", ""], *rows))
    assert "250 problems" in page
    assert words(page).count("There is no business unit 'bank/nowhere'.") == 200
    assert 'name="seen"' not in page
    problems = fetched(cast.owner, f"{place}problems.csv").decode("utf-8-sig").splitlines()
    assert len(problems) == 251
    assert problems[1] == "3,Unit,known,There is no business unit 'bank/nowhere'."
    with nothing_moves(but=[Job]):
        post(cast.owner, f"{place}apply/", seen="0" * 64)
        assert run_job(worker="here")
    job = Job.objects.get()
    assert (job.state, job.error) == (
        JobState.FAILED, "Nothing was imported: 250 rows of the file cannot be.",
    )  # fmt: skip


def test_what_changed_meanwhile_is_shown_again(cast: Cast, model: Model) -> None:
    place, page = shown(cast.owner, csv_file([model.name, "bank/retail", "Says who stays."]))
    record = f.edited_record(model, purpose="Somebody was quicker.")
    edit_model(model=model, record=record, actor=cast.owner, at=NOON)
    with nothing_moves(entries=["call.refused"]):
        answer = apply(cast.owner, place, page)
    again = answer.content.decode()
    assert answer.status_code == 409
    assert "no longer as the dry run showed it" in again
    assert "Somebody was quicker." in again
    assert apply(cast.owner, place, again).status_code == 302


def test_what_became_wrong_meanwhile_is_shown_with_its_problem(cast: Cast, model: Model) -> None:
    place, page = shown(cast.owner, csv_file(["new", "bank/retail", ""]))
    f.make_model(cast, name="new")
    Model.objects.filter(name="new").update(owner=cast.administrator)
    with nothing_moves():
        answer = apply(cast.owner, place, page)
    assert answer.status_code == 422
    assert "owns new" in words(answer.content.decode())


def test_nobody_elses_file_is_shown(cast: Cast, model: Model) -> None:
    place, page = shown(cast.owner, csv_file([model.name, "bank/retail", "Mine."]))
    read(cast.developer, place, status=404)
    read(cast.owner, f"{PAGE}..%2F..%2Fsecret_key/", status=404)
    assert apply(cast.developer, place, page).status_code == 404


def test_few_files_are_kept(cast: Cast) -> None:
    digests = [keep_file(f"Name\n{n}\n".encode(), sender=cast.owner) for n in range(KEPT_FILES + 1)]
    assert kept_file(digests[-1], sender=cast.owner)
    with pytest.raises(FileGone):
        kept_file(digests[0], sender=cast.owner)


def many(cast: Cast) -> bytes:
    return csv_file(*([f"m{n}", "bank/retail", ""] for n in range(FEW_ROWS + 1)))


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
class TestManyRows:
    """Committed for real: a long run looks at its job from a connection of its own."""

    def ask(self, cast: Cast) -> tuple[Job, str]:
        place, page = shown(cast.owner, many(cast))
        assert f"Import {FEW_ROWS + 1} rows" in page
        answer = apply(cast.owner, place, page)
        job = Job.objects.get()
        assert answer.headers["Location"] == f"/jobs/{job.pk}/"
        return job, place

    def test_are_written_by_a_job(self, cast: Cast) -> None:
        job, place = self.ask(cast)
        assert "Importing models" in read(cast.owner, f"/jobs/{job.pk}/")
        assert not Model.objects.exists()
        assert run_job(worker="here")
        assert Model.objects.count() == FEW_ROWS + 1
        entries = LedgerEntry.objects.filter(verb="model.created")
        assert {(e.source, e.request_id) for e in entries} == {("IMPORT", str(job.pk))}
        assert f"{FEW_ROWS + 1} models created, 0 models changed." in read(
            cast.owner, f"/jobs/{job.pk}/"
        )
        read(cast.owner, place, status=404)

    def test_say_how_far_they_are(self, cast: Cast) -> None:
        job, _ = self.ask(cast)
        claimed = claim(worker="here", at=timezone.now(), lease=LEASE, job_id=job.pk)
        assert claimed
        assert claimed.attempt
        report(attempt=claimed.attempt, step=2, steps=2, words=STEPS[1], at=timezone.now())
        keep(attempt=claimed.attempt, until=timezone.now() + LEASE, note="Preparing row 7 of 101")
        page = read(cast.owner, f"/jobs/{job.pk}/")
        assert "Preparing row 7 of 101" in page
        assert STEPS[1] not in page

    def test_an_attempt_after_a_crash_finds_it_done(self, cast: Cast) -> None:
        job, _ = self.ask(cast)
        assert run_job(worker="here")
        Job.objects.update(state=JobState.QUEUED, attempt=None, lease_until=None)
        assert run_job(worker="there")
        job.refresh_from_db()
        assert job.result == {"created": FEW_ROWS + 1, "changed": 0}
        assert Model.objects.count() == FEW_ROWS + 1

    def test_what_changed_meanwhile_fails_the_job_whole(self, cast: Cast) -> None:
        job, place = self.ask(cast)
        f.make_model(cast, name="m7")
        assert run_job(worker="here")
        job.refresh_from_db()
        assert (job.state, Model.objects.count()) == (JobState.FAILED, 1)
        assert f'href="{place}"' in read(cast.owner, f"/jobs/{job.pk}/")

    def test_a_worker_that_stops_writes_nothing(self, cast: Cast) -> None:
        job, _ = self.ask(cast)
        calls = iter([False, False, False, True])
        assert run_job(worker="here", stopping=lambda: next(calls))
        job.refresh_from_db()
        assert (job.state, Model.objects.exists()) == (JobState.QUEUED, False)


class TestTheCommand:
    def run(self, cast: Cast, path: str, *options: str) -> str:
        out = io.StringIO()
        call_command("import_models", path, "--as", cast.owner.email, *options, stdout=out)
        return out.getvalue()

    def test_says_and_then_writes(self, cast: Cast, model: Model, tmp_path: Any) -> None:
        path = tmp_path / "models.csv"
        path.write_bytes(csv_file([model.name, "bank/retail", "Says who stays."]))
        with nothing_moves():
            said = self.run(cast, str(path))
        assert f"Purpose: {model.purpose!r} → 'Says who stays.'" in said
        assert "Imported." in self.run(cast, str(path), "--apply")
        model.refresh_from_db()
        assert model.purpose == "Says who stays."

    def test_is_refused_with_every_problem(self, cast: Cast, tmp_path: Any) -> None:
        path, err = tmp_path / "models.csv", io.StringIO()
        path.write_bytes(csv_file(["a/b", "bank/retail", ""], ["c", "nowhere", ""]))
        with nothing_moves(), pytest.raises(CommandError) as caught:
            call_command(
                "import_models", path, "--as", cast.owner.email, "--apply",
                stdout=io.StringIO(), stderr=err,
            )  # fmt: skip
        assert caught.value.returncode == 1
        assert [line.partition(": ")[0] for line in err.getvalue().splitlines()] == [
            "row 2, Name", "row 3, Unit",
        ]  # fmt: skip

    @pytest.mark.parametrize("email", ["nobody@bank.example", ""])
    def test_is_done_in_somebodys_name(self, cast: Cast, email: str, tmp_path: Any) -> None:
        with nothing_moves(), pytest.raises(CommandError):
            call_command("import_models", tmp_path / "none.csv", "--as", email)
