"""What the other tests rely on is itself true: no outside world, no skips, triggers in place."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import DatabaseError, connection

from governance.audit import triggers
from governance.audit.models import Prose
from tests.network import OutsideWorldError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("address", [("10.1.1.1", 80), ("203.0.113.7", 443)])
def test_no_other_machine_can_be_reached(address: tuple[str, int]) -> None:
    with pytest.raises(OutsideWorldError):
        socket.create_connection(address, timeout=1)


def test_no_name_is_looked_up() -> None:
    with pytest.raises(OutsideWorldError):
        socket.getaddrinfo("example.com", 80)


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("run", ["first", "after the tables were emptied"])
def test_every_test_that_commits_finds_the_triggers(run: str) -> None:
    assert triggers.missing(connection) == []
    prose = Prose.objects.create(text=run)
    with pytest.raises(DatabaseError):
        prose.delete()


@pytest.mark.backend
def test_another_process_works_on_the_same_database(process_env: dict[str, str]) -> None:
    Prose.objects.create(text="committed here")
    script = "from governance.audit.models import Prose; print(Prose.objects.get().text)"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", script],
        cwd=ROOT,
        env=process_env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "committed here\n", done.stderr


@pytest.mark.parametrize(
    "body",
    [
        "import pytest\ndef test_it(): pytest.skip('no server')\n",
        "import pytest\npytest.skip('no server', allow_module_level=True)\n",
    ],
    ids=["test", "module"],
)
def test_a_skip_fails_the_run_and_is_named(tmp_path: Path, body: str) -> None:
    (tmp_path / "test_it.py").write_text("def test_fine(): pass\n")
    (tmp_path / "test_skipping.py").write_text(body)
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n")
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["tests.no_skips"]\n')
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "skipped, which counts as failed" in done.stdout
    assert "no server" in done.stdout
