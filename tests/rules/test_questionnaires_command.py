"""`manage.py assess`: a file of answers in, a result out, and no database anywhere."""

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

from governance.inventory.rules.questionnaires import SHIPPED, shipped
from tests.rules.questionnaires import SCORECARD, TREE

HOME = Path(__file__).parents[2]
GIVEN = ("answers", "facts", "override")
CASES = [
    (name, case)
    for name in SHIPPED
    for case in shipped(name).content["test_cases"]
    if case["id"] in {"TC01", "TC12", "TC13", "TC15", "EC01", "EC03", "EC16", "EC22"}
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "answers.json"


def assess(file: Path, given: Any, *options: str) -> str:
    file.write_text(json.dumps(given))
    out = StringIO()
    call_command("assess", *options, "--answers", str(file), stdout=out)
    return out.getvalue()


def facts(file: Path, given: Any, *options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(assess(file, given, *options, "--json"))
    return found


@pytest.mark.parametrize(("name", "case"), CASES, ids=lambda value: str(value)[:30])
def test_a_worked_case_comes_out_as_expected(file: Path, name: str, case: dict[str, Any]) -> None:
    found = facts(file, {key: case[key] for key in GIVEN if key in case}, name)
    assert {key: found[key] for key in case["expect"]} == case["expect"]
    assert found["questionnaire"]["version"] == shipped(name).version


def test_what_was_read_as_no_is_listed_and_null_is_open(file: Path) -> None:
    answers = {"Q_AI": True, "Q_NEXUS": True}
    found = facts(file, {"answers": answers}, "eu_ai_act_classifier")
    assert (found["outcome"], found["open"]) == ("MINIMAL", [])
    assert "Q_FOSS" in found["assumed_no"]
    assert "Q_PROF" not in found["assumed_no"]
    found = facts(file, {"answers": answers | {"Q_MIL": None}}, "eu_ai_act_classifier")
    assert (found["outcome"], found["open"]) == ("INCOMPLETE", ["Q_MIL"])
    found = facts(file, {"answers": answers}, "eu_ai_act_classifier", "--missing", "open")
    assert (found["outcome"], found["open"], found["assumed_no"]) == (
        "INCOMPLETE",
        ["Q_G1", "Q_MIL"],
        [],
    )


def test_where_the_gate_ends_it_there_is_no_tier(file: Path) -> None:
    found = facts(file, {"answers": {"S1": False, "S2": False, "S3": False}}, "tiering")
    assert (found["scope"], found["computed_tier"], found["final_tier"]) == (
        "non_model_tool",
        None,
        None,
    )


def test_a_firm_s_own_file_is_worked_out_by_its_path(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(SCORECARD)
    given = {
        "answers": {"Ours": True, "Reach": "public", "Harm": "little", "Vendor": "known"},
        "override": {"to_tier": 3, "approvers": ["chief"], "days": 4},
    }
    said = assess(file, given, str(own))
    assert "raw 23 of 40, score 0.58" in said
    assert "floor Public, Tier 2, hard: All see it" in said
    assert "blocked by Nobody: Idle" in said
    assert "override refused\n    It goes past the floor Public" in said
    assert said.endswith("Tier 2, Amber\n")
    assert "unanswered:\n    Harm, Vendor" in assess(
        file, {"answers": {"Ours": True, "Reach": "staff"}}, str(own)
    )
    own.write_text(TREE)
    said = assess(file, {"answers": {"Flood": True}}, str(own))
    assert "CAREFUL: With care" in said
    assert "from 2025-05-05: Mop (Rule 2), if placed before 2024-01-01" in said
    assert "Locked, Fire" in said


REFUSED = [
    (("tiering",), {"answers": {"E1": "huge"}}, "answers.E1: ", "[option]"),
    (("tiering",), {"answers": {}, "facts": {"feeds_tier": 9}}, "facts.feeds_tier: ", "[type]"),
    (("tiring",), {"answers": {}}, "questionnaire: ", "[known]"),
    (("../tiering",), {"answers": {}}, "questionnaire: ", "[known]"),
    (("nowhere.yaml",), {"answers": {}}, "file: ", "[readable]"),
    (("eu_ai_act_classifier",), {"answers": {"Q_AI": "yes"}}, "answers.Q_AI: ", "[type]"),
    (("eu_ai_act_classifier",), {"answers": {}, "facts": {"a": 1}}, "facts: ", "[kind]"),
    (("tiering",), ["answers"], "text: ", "[type]"),
]


@pytest.mark.parametrize(("options", "given", "field", "rule"), REFUSED)
def test_what_cannot_be_worked_out_is_refused_with_field_and_rule(
    file: Path, options: tuple[str, ...], given: Any, field: str, rule: str
) -> None:
    with pytest.raises(CommandError) as refused:
        assess(file, given, *options)
    assert refused.value.returncode == 1
    assert str(refused.value).startswith(field)
    assert str(refused.value).endswith(rule)


def test_a_huge_file_is_not_read_to_its_end(file: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("#" * 2**20)
    with pytest.raises(CommandError, match=r"at most 256 KiB\. \[length\]"):
        assess(file, {"answers": {}}, str(own))


def test_it_needs_no_database_and_no_set_up(file: Path, tmp_path: Path) -> None:
    """The exit code is the answer; there is no such database, and nobody has made a key."""
    command = [sys.executable, "manage.py", "assess", "tiering", "--answers", str(file), "--json"]
    nowhere = {"DATABASE_URL": "postgres://no:no@127.0.0.1:1/no", "VAR_DIR": str(tmp_path)}
    ours = {"DJANGO_SETTINGS_MODULE", "SECRET_KEY"}
    env = {key: value for key, value in os.environ.items() if key not in ours}
    for answers, code in (({"S3": False, "S1": False}, 0), ({"S9": False}, 1)):
        file.write_text(json.dumps({"answers": answers}))
        ran = subprocess.run(command, cwd=HOME, env=env | nowhere, capture_output=True, text=True)
        assert ran.returncode == code, ran.stderr
