"""Packs of real records: complete, verifiable by a stranger, and broken by any change."""

from __future__ import annotations

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import page
import pypdf
import pytest
from django.core.management import call_command

from governance.audit.models import LedgerEntry
from governance.core.canonical import canonical, sha256_hex
from governance.evidence import verify_pack
from governance.evidence.actions.making import draw
from governance.evidence.actions.packs import request_pack, write_files
from governance.evidence.models import Pack
from governance.evidence.queries.scopes import scope_of_model
from governance.evidence.rules.packs import EvidenceBroken, PackFiles
from governance.evidence.verify_pack import FAIL, verify
from governance.inventory.models import Model
from governance.jobs.rules import JobState
from governance.jobs.running import run_job
from tests.factories import NOON, make_cast, make_model
from tests.pdf.support import full_model, of_a_module, pack_of, text_of, violations


@pytest.fixture(scope="module")
def pack(django_db_setup: None, django_db_blocker: Any) -> Iterator[PackFiles]:
    """One pack for all tests that only read it."""
    with of_a_module(django_db_blocker):
        cast, model = full_model()
        yield pack_of(model, by=cast.compliance.ref)


def failed(data: bytes, *, file_digest: str = "") -> list[str]:
    checks = verify(data, file_digest=file_digest)
    return [check.subject for check in checks if check.outcome == FAIL]


def test_nothing_fails_and_everything_that_can_be_checked_is(pack: PackFiles) -> None:
    assert failed(pack.pdf, file_digest=pack.file_digest) == []
    assert failed(pack.evidence) == []
    passed = {check.subject for check in pack.checks if check.outcome == verify_pack.PASS}
    assert passed == {
        "File", "Content", "Form", "Seal", "Ledger", "Checkpoint", "End", "Inclusion", "Records",
        "Texts", "Digests", "Sign-offs", "Promotions",
    }  # fmt: skip


def test_the_evidence_holds_every_entry_and_every_record(pack: PackFiles) -> None:
    evidence = json.loads(pack.evidence)
    kinds = {kind: len(records) for kind, records in evidence["records"].items()}
    assert len(evidence["streams"][0]["ledger"]) == pack.entries
    assert (kinds["version"], kinds["sign_off"]) == (3, 3)
    assert kinds.keys() >= {
        "artifact", "builder", "card", "dossier", "evaluation", "finding", "model", "policy",
        "report", "request", "slot_assignment", "stage_change", "tier_assessment",
    }  # fmt: skip


@pytest.mark.parametrize(
    "profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1]
)
def test_the_pdf_is_valid(pack: PackFiles, profile: page.ValidationProfile) -> None:
    assert violations(pack.pdf, profile) == []


def test_the_pages_say_what_happened(pack: PackFiles) -> None:
    text = text_of(pack.pdf)
    for words in (
        "Version 1 serves in Production",
        pack.content_digest,
        "Not met: Accuracy",
        "The thin slice is too thin.",
        "Arno Approver",
        "I find this version fit for the stated use.",
        "SR 26-2",
        "F-0001",
    ):
        assert words in text, words
    assert "compliant" not in text.lower()
    assert "SR 11-7" not in text


def test_other_readers_find_the_attachment(pack: PackFiles) -> None:
    reader = pypdf.PdfReader(io.BytesIO(pack.pdf))
    assert reader.attachments["evidence.json"] == [pack.evidence]
    assert len(reader.pages) == pack.pages
    titles = [item.title for item in reader.outline if isinstance(item, pypdf.generic.Destination)]
    assert titles[:2] == ["Contents", "Summary"]


@pytest.mark.parametrize("form", ["pdf", "json"])
def test_a_stranger_needs_nothing_but_python(pack: PackFiles, tmp_path: Path, form: str) -> None:
    write_files(pack, folder=tmp_path / "pack")
    name = next(p.name for p in (tmp_path / "pack").iterdir() if p.suffix == f".{form}")
    digest = sha256_hex((tmp_path / "pack" / name).read_bytes())
    answer = subprocess.run(
        [sys.executable, "-I", "-S", "verify_pack.py", name, "--sha256", digest],
        cwd=tmp_path / "pack",
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "PASSED" in answer.stdout
    assert "NOT PROVEN  Truth" in answer.stdout


def test_the_same_evidence_gives_the_same_bytes_before_the_seal(pack: PackFiles) -> None:
    drawn = draw(pack.evidence.decode(), sealed_by=pack.seal)
    assert pack.pdf.startswith(drawn.data)
    assert len(pack.pdf) > len(drawn.data)


def flipped(data: bytes, place: int, bit: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 1 << bit
    return bytes(changed)


def test_any_changed_byte_of_the_attached_evidence_is_found(pack: PackFiles) -> None:
    chance = random.Random(26)
    begin = pack.pdf.index(pack.evidence)
    places = [0, 1, len(pack.evidence) - 1, *chance.sample(range(len(pack.evidence)), 250)]
    for place in places:
        bit = chance.randrange(8)
        assert failed(flipped(pack.pdf, begin + place, bit)), (place, bit)
        assert failed(flipped(pack.evidence, place, bit)), (place, bit)


def test_any_changed_byte_of_the_file_is_found_with_its_digest(pack: PackFiles) -> None:
    chance = random.Random(27)
    for place in chance.sample(range(len(pack.pdf)), 200):
        changed = flipped(pack.pdf, place, chance.randrange(8))
        assert "File" in failed(changed, file_digest=pack.file_digest), place


@pytest.mark.django_db
def test_a_record_changed_behind_the_ledger_makes_no_pack(var_dir: Path) -> None:
    cast = make_cast()
    model = make_model(cast)
    Model.objects.filter(pk=model.pk).update(purpose="Something else.")
    with pytest.raises(EvidenceBroken, match="1 model"):
        pack_of(model, by=cast.compliance.ref)
    job = request_pack(scope=scope_of_model(model), actor=cast.compliance, at=NOON)
    run_job(worker="here")
    job.refresh_from_db()
    assert job.state == JobState.FAILED
    assert "do not verify" in job.error
    assert not Pack.objects.exists()


HOSTILE = (
    '<script>alert(1)</script><img src="file:///etc/passwd"><style>@import "http://127.0.0.1:9/x";'
    "</style>{{ 7 * 7 }} &lt;b&gt; \u202etxt.exe \u0915"
)
SHOWN = '<script>alert(1)</script><imgsrc="file:///etc/passwd">'
WRITTEN = {
    "model": ("purpose", "intended_use"),
    "version": ("source",),
    "finding": ("title", "remediation"),
    "sign_off": ("meaning",),
}


def hostile(evidence: bytes) -> str:
    """Return the evidence with that text wherever people can write."""
    document = json.loads(evidence)
    document["names"] = dict.fromkeys(document["names"], HOSTILE)
    document["about"] |= {"name": HOSTILE, "organization": HOSTILE}
    for prose in document["prose"]:
        prose["text"] = HOSTILE
    for kind, columns in WRITTEN.items():
        for record in document["records"][kind]:
            record["fields"] |= dict.fromkeys(columns, HOSTILE)
    for record in document["records"]["card"]:
        body = json.loads(record["fields"]["text"])
        body["sections"] = dict.fromkeys(body["sections"], HOSTILE)
        record["fields"]["text"] = json.dumps(body)
    for record in document["records"]["report"]:
        body = json.loads(record["fields"]["text"])
        record["fields"]["text"] = json.dumps(body | {"scope": HOSTILE, "summary": HOSTILE})
    return canonical(document)


def test_what_people_write_is_printed_as_text_whatever_it_looks_like(pack: PackFiles) -> None:
    files = draw(hostile(pack.evidence), sealed_by=pack.seal).data
    reader = pypdf.PdfReader(io.BytesIO(files))
    text = text_of(reader).replace(" ", "")
    assert text.count(SHOWN) >= 30
    assert "{{7*7}}" in text
    assert "&lt;b&gt;" in text
    assert "[U+202E]txt.exe[U+0915]" in text
    assert list(reader.attachments) == ["evidence.json"]
    assert b"/URI" not in files
    assert violations(files, page.ValidationProfile.PDF_A_3A) == []


@pytest.mark.django_db(transaction=True)
def test_the_commands_build_and_verify_without_a_browser(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _, model = full_model()
    call_command("build_pack", model=model.name, out=tmp_path / "out", json=True)
    found = json.loads(capsys.readouterr().out)
    assert sha256_hex(Path(found["pdf"]).read_bytes()) == found["sha256"]
    assert LedgerEntry.objects.of_stream("evidence").count() == 1
    run = exit_code(lambda: call_command("verify_pack", found["pdf"], sha256=found["sha256"]))
    assert run == 0
    assert exit_code(lambda: call_command("verify_pack", found["json"])) == 0
    assert exit_code(lambda: call_command("verify_pack", found["pdf"], sha256="0" * 64)) == 1
    assert exit_code(lambda: call_command("verify_pack", str(tmp_path / "none.pdf"))) == 2
    stranger = subprocess.run([sys.executable, found["verifier"], found["pdf"]], check=False)
    assert stranger.returncode == 0


def exit_code(command: Callable[[], Any]) -> int:
    with pytest.raises(SystemExit) as left:
        command()
    return int(left.value.code or 0)
