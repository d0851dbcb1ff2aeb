"""The evidence of a pack for other tools: valid by their schemas, and the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from governance.accounts.models import User
from governance.core.canonical import canonical, sha256_hex
from governance.core.sheets import unguarded
from governance.evidence.actions.scoped import evidence_of
from governance.evidence.formats import FORMS
from governance.evidence.models import Pack, PackDownload
from governance.evidence.rules.packs import EVIDENCE_NAME
from governance.inventory.models import Model
from tests import factories as f
from tests.factories import NOON, later
from tests.pdf.support import full_model, read_against
from tests.world import newest_entry

SCHEMA = Path(__file__).parents[1] / "oscal/oscal-assessment-results-1.1.3.json"
AFTER = later(days=9)
pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> tuple[User, Model, bytes]:
    cast, model = full_model()
    scope = read_against(model)
    document = evidence_of(scope, by=cast.auditor.ref, at=AFTER, each=lambda place, of: None)
    return cast.auditor, model, canonical(document).encode()


def test_oscal_fits_the_schema_of_nist_and_gives_no_verdict(
    made: tuple[User, Model, bytes],
) -> None:
    document = json.loads(FORMS["oscal"].make(made[2]))
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(document)
    (result,) = document["assessment-results"]["results"]
    covered = json.loads(made[2])["coverage"]
    asked = sum(len(rows) for rows in covered["models"].values())
    assert len(result["observations"]) == asked > 10
    assert "findings" not in result
    states = {
        prop["value"]
        for one in result["observations"]
        for prop in one["props"]
        if prop["name"] == "evidence"
    }
    assert states <= {"COMPLETE", "PARTIAL", "NONE", "NOT_APPLICABLE", "UNKNOWN"}
    (resource,) = document["assessment-results"]["back-matter"]["resources"]
    assert resource["rlinks"][0]["hashes"][0]["value"] == sha256_hex(made[2])


def test_oscal_of_a_pack_without_frameworks_fits_too(made: tuple[User, Model, bytes]) -> None:
    document = json.loads(made[2])
    del document["coverage"]
    found = json.loads(FORMS["oscal"].make(canonical(document).encode()))
    jsonschema_rs.validator_for(json.loads(SCHEMA.read_text())).validate(found)
    assert "observations" not in found["assessment-results"]["results"][0]


def test_the_bill_is_valid_cyclonedx_and_names_every_version(
    made: tuple[User, Model, bytes],
) -> None:
    text = FORMS["cyclonedx"].make(made[2]).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    components = json.loads(text)["components"]
    assert [(one["name"], one["version"]) for one in components if one["version"] == "1"] == [
        (made[1].name, "1")
    ]
    assert len(components) == made[1].versions.count()
    version = made[1].versions.get(number=1)
    (first,) = [one for one in components if one["bom-ref"] == version.ref]
    hashes = {one["hashes"][0]["content"] for one in first["components"]}
    assert hashes == set(version.artifacts.values_list("sha256", flat=True))


@pytest.mark.parametrize("form", FORMS)
def test_equal_evidence_gives_equal_bytes(made: tuple[User, Model, bytes], form: str) -> None:
    assert FORMS[form].make(made[2]) == FORMS[form].make(made[2])


def test_the_archive_holds_all_of_it_and_its_own_means_of_checking(
    made: tuple[User, Model, bytes], tmp_path: Path
) -> None:
    data = FORMS["zip"].make(made[2])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist() == sorted(archive.namelist())
        archive.extractall(tmp_path)
    assert (tmp_path / EVIDENCE_NAME).read_bytes() == made[2]
    for line in (tmp_path / "SHA256SUMS").read_text().splitlines():
        digest, _, name = line.partition("  ")
        assert sha256_hex((tmp_path / name).read_bytes()) == digest
    done = subprocess.run(
        [sys.executable, "-I", "verify_pack.py", EVIDENCE_NAME],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    entries = _rows(tmp_path / "csv/entries.csv")
    ledger = [one for stream in json.loads(made[2])["streams"] for one in stream["ledger"]]
    assert [row["hash"] for row in entries] == [one["hash"] for one in ledger]
    findings = _rows(tmp_path / "csv/records-finding.csv")
    assert [row["ref"] for row in findings] == [one.ref for one in made[1].findings.all()]
    assert (tmp_path / "csv/coverage.csv").exists()


def test_nothing_in_its_tables_runs_as_a_formula(made: tuple[User, Model, bytes]) -> None:
    document: dict[str, Any] = json.loads(made[2])
    document["records"]["finding"][0]["fields"]["title"] = "=cmd|' /C calc'!A0"
    data = FORMS["zip"].make(canonical(document).encode())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        text = archive.read("csv/records-finding.csv").decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "=cmd|' /C calc'!A0" in map(unguarded, cells)


def _rows(path: Path) -> list[dict[str, str]]:
    text = path.read_text("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_taking_one_away_is_on_record(
    made: tuple[User, Model, bytes], client: Any, settings: Any, tmp_path: Path
) -> None:
    reader, model, evidence = made
    settings.PACK_DIR = tmp_path
    pack = Pack.objects.create(
        model=model, content_digest=sha256_hex(evidence), file_digest="0" * 64, folder="here",
        pdf_size=0, evidence_size=len(evidence), pages=1, entries=1, head="0" * 64,
        built_by=reader.ref, built_at=NOON,
    )  # fmt: skip
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / EVIDENCE_NAME).write_bytes(evidence)
    client.force_login(reader)
    answer = client.get(f"/evidence/{pack.pk}/as/oscal/")
    assert answer.content == FORMS["oscal"].make(evidence)
    name = f"{pack.reference}.oscal.json"
    assert name in answer["Content-Disposition"]
    assert PackDownload.objects.get().name == name
    entry = newest_entry("evidence")
    assert (entry.verb, entry.facts["file"]) == ("pack.downloaded", name)
    assert client.get(f"/evidence/{pack.pk}/as/word/").status_code == 404
    client.force_login(f.make_person("Nobody Here", unit=model.unit))
    assert client.get(f"/evidence/{pack.pk}/as/zip/").status_code == 404
    assert PackDownload.objects.count() == 1
