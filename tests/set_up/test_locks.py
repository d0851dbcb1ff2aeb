"""The lock files hold what was asked for, by hash, and nothing of the machine that made them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.txt", "requirements-dev.txt", "examples/churn/requirements.txt"]


def pinned(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==", text, re.M)}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_hash_and_no_place(name: str) -> None:
    text = (ROOT / name).read_text()
    for block in re.split(r"\n(?=\S)", text):
        assert block.startswith("#") or "--hash=sha256:" in block, block
    assert not re.search(r"https?://|file:|index-url|find-links|/home/|/root/", text)


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_every_direct_dependency_is_locked_and_says_why(name: str) -> None:
    asked = (ROOT / f"{name}.in").read_text()
    for line in asked.splitlines():
        assert not re.match(r"\w", line) or re.search(r"==\S+ +# \w+", line), line
    assert pinned(asked) <= pinned((ROOT / f"{name}.txt").read_text())


def test_the_tests_run_on_what_the_portal_runs_on() -> None:
    runtime, dev = ((ROOT / name).read_text() for name in LOCKS[:2])
    versions = re.compile(r"^\S+==\S+", re.M)
    assert set(versions.findall(runtime)) <= set(versions.findall(dev))
