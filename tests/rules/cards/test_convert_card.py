"""`manage.py convert_card`: a card in, a card and a report out, and no database anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.cards.formats import FORMATS
from tests.rules.cards.documents import ALL, DOCUMENTS, HUB_CARD

HOME = Path(__file__).parents[3]


def convert(tmp_path: Path, data: bytes, *options: str, name: str = "card.md") -> dict[str, Any]:
    source, out, report = tmp_path / name, tmp_path / "out", tmp_path / "report.json"
    source.write_bytes(data)
    said = StringIO()
    call_command(
        "convert_card", str(source), *options, out=out, report=report, stdout=said, stderr=said
    )
    written = {"said": said.getvalue().strip(), "out": out.read_bytes()}
    return written | json.loads(report.read_text())


def test_the_report_says_what_was_read_kept_and_lost(tmp_path: Path) -> None:
    found = convert(tmp_path, HUB_CARD.encode(), "--to", "markdown")
    assert found["format"] == "countersign.conversion/1"
    assert found["source"]["format"] == "huggingface"
    assert found["target"] == {"format": "markdown"}
    assert found["warnings"] == []
    assert {
        "path": "licenses[0].name",
        "says": "our-own",
        "rule": "turned into text",
        "why": "Markdown has prose alone",
    } in found["losses"]
    lost = len(found["losses"])
    assert found["said"] == (
        f"huggingface → markdown: {found['kept']} fields kept, {lost} turned into text"
    )


def test_a_warning_has_its_line_and_its_field(tmp_path: Path) -> None:
    found = convert(tmp_path, b"---\na: 1\na: 2\n---\n# x\n", "--to", "huggingface")
    (warning,) = found["warnings"]
    assert (warning["line"], warning["field"]) == (3, "a")
    assert found["said"].endswith("; 1 warning")


@pytest.mark.parametrize(("name", "key"), ALL)
def test_to_its_own_format_nothing_is_lost(name: str, key: str, tmp_path: Path) -> None:
    found = convert(
        tmp_path, DOCUMENTS[name][key], "--to", name, name=f"card{FORMATS[name].suffix}"
    )
    assert (found["source"]["format"], found["losses"]) == (name, [])


def test_plain_carries_nothing(tmp_path: Path) -> None:
    data = DOCUMENTS["countersign"]["full"]
    carried = convert(tmp_path, data, "--to", "huggingface", name="card.json")
    plain = convert(tmp_path, data, "--to", "huggingface", "--plain", name="card.json")
    assert b"countersign.carried/1" in carried["out"]
    assert b"countersign" not in plain["out"].lower()
    assert {one["path"] for one in plain["losses"]} == {one["path"] for one in carried["losses"]}


@pytest.mark.parametrize(
    ("data", "options", "says"),
    [
        (b"\xff", (), "file: Line 1 is not UTF-8"),
        (b"# x", ("--from", "countersign"), "file: Line 1, column 1 is not JSON"),
        (b"{}", (), "file: It is of no format that can be read"),
    ],
)
def test_a_refusal_writes_nothing(
    data: bytes, options: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError) as caught:
        convert(tmp_path, data, "--to", "markdown", *options)
    assert says in str(caught.value)
    assert caught.value.returncode == 2
    assert {one.name for one in tmp_path.iterdir()} == {"card.md"}


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "card.md"
    source.write_text("# x")
    nowhere = tmp_path / "none" / "out.md"
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("convert_card", str(source), "--to", "markdown", out=nowhere)
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("convert_card", str(nowhere), "--to", "markdown", out=tmp_path / "out")


def test_it_runs_where_nothing_was_ever_set_up(tmp_path: Path) -> None:
    file, out = tmp_path / "card.md", tmp_path / "out.json"
    command = [sys.executable, "manage.py", "convert_card", str(file), "--out", str(out), "--to"]
    nowhere = {"DATABASE_URL": "postgres://no:no@127.0.0.1:1/no", "VAR_DIR": str(tmp_path)}
    ours = {"DJANGO_SETTINGS_MODULE", "SECRET_KEY"}
    env = {key: value for key, value in os.environ.items() if key not in ours} | nowhere
    file.write_text(HUB_CARD)
    for target, code in (("countersign", 0), ("nonsense", 2)):
        ran = subprocess.run(
            [*command, target], cwd=HOME, env=env, capture_output=True, text=True, check=False
        )
        assert ran.returncode == code, ran.stderr
    assert json.loads(out.read_text())["details"]["name"] == "PD scorecard"
    assert "invalid choice: 'nonsense'" in ran.stderr
