"""The verifier of populations and samples and the recipe of the documentation, run by strangers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.core.canonical import canonical, sha256_hex
from governance.evidence import verify_sample
from governance.evidence.rules.populations.documents import population_text, sample_text
from governance.evidence.rules.populations.lists import Asked, Control, PopulationKind
from governance.evidence.rules.populations.sampling import Draw, Method

HOME = Path(__file__).parents[2]
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ASKED = Asked(
    kind=PopulationKind.FINDING, since_date=date(2026, 3, 1), until_date=date(2026, 3, 31)
)
SEVERITIES = ("HIGH", "HIGH", "LOW", "MEDIUM", "HIGH", "LOW", "HIGH")
ROWS = [
    {"ref": f"finding:{number:032x}", "severity": severity, "entry": f"{number:064x}"}
    for number, severity in enumerate(SEVERITIES, start=1)
]


def population(**control: Any) -> str:
    counts = {"rows": len(ROWS), "told": len(ROWS), "entries": len(ROWS), **control}
    return population_text(ASKED, ROWS, Control(**counts), source={}, extraction={})


def sample(text: str, draw: Draw) -> str:
    source = {"ref": "population:1", "sha256": sha256_hex(text.encode())}
    return sample_text(source, json.loads(text)["rows"], draw, by="user:1", at=NOON)


DRAWS = [
    Draw(method=Method.RANDOM, seed="417", size=3),
    Draw(method=Method.PROPORTIONATE, seed="417", size=4, stratum="severity"),
    Draw(method=Method.PER_STRATUM, seed="417", size=2, stratum="severity"),
]


def outcomes(*texts: str, sha256: str = "") -> dict[str, str]:
    checks = verify_sample.verify(*(t.encode() for t in texts), sha256_given=sha256)
    return {check.subject: check.outcome for check in checks}


def failed(*texts: str, sha256: str = "") -> set[str]:
    found = outcomes(*texts, sha256=sha256)
    return {subject for subject, outcome in found.items() if outcome == "FAIL"}


@pytest.mark.parametrize("draw", DRAWS, ids=lambda draw: draw.method)
def test_what_the_portal_draws_passes(draw: Draw) -> None:
    text = population()
    assert failed(text, sample(text, draw), sha256=sha256_hex(text.encode())) == set()


def changed(text: str, change: Callable[[dict[str, Any]], object]) -> str:
    body = json.loads(text)
    change(body)
    return canonical(body)


@pytest.mark.parametrize(
    ("change", "subjects"),
    [
        (lambda body: body["rows"].pop(), {"List", "Count"}),
        (lambda body: body["rows"][0].update(severity="LOW"), {"List"}),
        (lambda body: body["control"].update(told=6), {"Control total"}),
        (lambda body: body.update(count=6), {"Count"}),
    ],
)
def test_a_list_that_was_tampered_with_fails_where_it_was(
    change: Callable[[dict[str, Any]], object], subjects: set[str]
) -> None:
    text = population()
    forged = changed(text, change)
    assert failed(forged) == subjects
    digest = sha256_hex(text.encode())
    assert failed(forged, sha256=digest) == subjects | {"Population, digest"}
    assert "Sample" in failed(forged, sample(text, DRAWS[0]))


@pytest.mark.parametrize(
    ("change", "subjects"),
    [
        (lambda body: body["chosen"].reverse(), {"Draw"}),
        (lambda body: body["chosen"].pop(), {"Draw"}),
        (lambda body: body["chosen"][0].update(ref="finding:9"), {"Draw"}),
        (lambda body: body.update(seed="418"), {"Draw"}),
        (lambda body: body.update(size=5), {"Allotment", "Draw"}),
        (lambda body: body["strata"][0].update(drawn=1), {"Allotment"}),
        (lambda body: body["population"].update(sha256="0" * 64), {"Sample"}),
    ],
)
def test_a_sample_that_was_tampered_with_fails_where_it_was(
    change: Callable[[dict[str, Any]], object], subjects: set[str]
) -> None:
    text = population()
    assert failed(text, changed(sample(text, DRAWS[1]), change)) == subjects


def test_differences_between_tables_and_ledger_are_a_failure() -> None:
    text = population(rows=8, told=8, gone=["finding:9"], untold=["finding:8"])
    assert failed(text) == {"Tables and ledger differ"}
    assert outcomes(text)["Control total"] == "PASS"


@given(st.data())
def test_with_both_digests_any_byte_is_noticed(data: st.DataObject) -> None:
    texts = [population().encode(), sample(population(), DRAWS[1]).encode()]
    first, second = (sha256_hex(text) for text in texts)
    which = data.draw(st.integers(0, 1))
    place = data.draw(st.integers(0, len(texts[which]) - 1))
    forged = bytearray(texts[which])
    forged[place] ^= data.draw(st.integers(1, 255))
    texts[which] = bytes(forged)
    try:
        checks = verify_sample.verify(*texts, sha256_given=first, sample_sha256_given=second)
    except verify_sample.Unusable:
        return
    assert [check for check in checks if check.outcome == "FAIL"]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-I", "-S", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_stranger_runs_it(tmp_path: Path) -> None:
    text = population()
    files = [tmp_path / "population.json", tmp_path / "sample.json"]
    files[0].write_text(text)
    files[1].write_text(sample(text, DRAWS[2]))
    good = run(verify_sample.__file__, *files, "--sha256", sha256_hex(text.encode()))
    assert (good.returncode, "PASSED" in good.stdout) == (0, True), good.stdout + good.stderr
    files[1].write_text(sample(text, DRAWS[2]).replace("417", "418"))
    bad = run(verify_sample.__file__, *files)
    assert (bad.returncode, "FAILED" in bad.stdout) == (1, True)
    files[1].write_text("[" * 100_000)
    assert run(verify_sample.__file__, *files).returncode == 2
    assert run(verify_sample.__file__, tmp_path / "nothing.json").returncode == 2


def test_the_recipe_of_the_documentation_draws_the_same(tmp_path: Path) -> None:
    """What stands in docs/populations.md is run as it stands there."""
    told = (HOME / "docs/populations.md").read_text()
    (recipe,) = re.findall(r"```python\n(.*?)```", told, re.S)
    text = population()
    for name, content in (("recipe.py", recipe), ("population.json", text)):
        (tmp_path / name).write_text(content)
    done = run(tmp_path / "recipe.py", tmp_path / "population.json", "417", "3")
    drawn = json.loads(sample(text, DRAWS[0]))["chosen"]
    assert done.stdout.split() == [one["ref"] for one in drawn], done.stderr
