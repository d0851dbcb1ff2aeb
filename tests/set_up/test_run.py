"""`./run` before anything is installed: each thing that can be missing gets one clear sentence."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"


class Machine:
    """A folder with `run` in it and a PATH whose programs the test makes up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        for name in ("run", "requirements.txt"):
            shutil.copy(ROOT / name, folder / name)
        self.program("dpkg-query", "echo installed")
        self.program("apt-get", "exit 100")
        self.program("id", "echo 1000")

    def program(self, name: str, script: str) -> None:
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def installed(self) -> None:
        """Make .venv look as it does after the first start."""
        python = self.folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.symlink_to(sys.executable)
        requirements = (self.folder / "requirements.txt").read_bytes()
        sum_of = subprocess.run(["cksum"], input=requirements, capture_output=True, check=True)
        stamp = "-".join(sum_of.stdout.decode().split())
        (self.folder / ".venv" / f".installed-{stamp}").touch()

    def run(self, *arguments: str, **environment: str) -> CompletedProcess[str]:
        path = f"{self.programs}:/usr/bin:/bin"
        return subprocess.run(
            ["./run", *arguments],
            cwd=self.folder,
            env={"PATH": path, "HOME": str(self.folder), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def refusal(done: CompletedProcess[str]) -> str:
    """Return the one sentence it ended with."""
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert done.returncode == 1, done
    assert len(errors) == 1, done
    return errors[0]


def test_an_old_python_is_named_with_its_version(machine: Machine) -> None:
    machine.program("old", 'case $1 in -V) echo "Python 3.9.2" ;; *) exit 1 ;; esac')
    said = refusal(machine.run(PYTHON="old"))
    assert "Python 3.11 or newer is needed" in said
    assert "3.9.2" in said


def test_an_environment_that_was_left_half_made_is_made_again(machine: Machine) -> None:
    # It starts, and has no pip: whoever was making it was stopped.
    python = machine.folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\ncase $2 in "import pip") exit 1 ;; esac\n')
    python.chmod(0o755)
    machine.program("half", "case $2 in venv) exit 1 ;; *) exit 0 ;; esac")
    said = refusal(machine.run(PYTHON="half"))
    assert "could not make a virtual environment" in said


def test_without_venv_a_user_is_given_the_line_for_root(machine: Machine) -> None:
    # New enough, but `import ensurepip` fails, as on a bare Debian.
    script = "case $2 in *ensurepip*) exit 1 ;; *) exit 0 ;; esac"
    machine.program("bare", script)
    machine.program("dpkg-query", "exit 1")
    said = refusal(machine.run(PYTHON="bare"))
    assert "apt-get install -y --no-install-recommends python3-venv" in said


def test_as_root_a_failing_apt_is_told_apart_from_a_missing_package(machine: Machine) -> None:
    machine.program("bare", "case $2 in *ensurepip*) exit 1 ;; *) exit 0 ;; esac")
    machine.program("dpkg-query", "exit 1")
    machine.program("id", "echo 0")
    assert "Is there a network" in refusal(machine.run(PYTHON="bare"))


def test_packages_that_cannot_be_fetched_are_one_sentence(machine: Machine) -> None:
    # A proxy that refuses at once stands for a network that is not there.
    said = refusal(
        machine.run(
            PYTHON=sys.executable,
            PIP_INDEX_URL="http://127.0.0.1:9/simple",
            PIP_RETRIES="0",
            PIP_CONFIG_FILE="/dev/null",
            HTTP_PROXY="http://127.0.0.1:9",
            PIP_NO_CACHE_DIR="1",
        )
    )
    assert "pip could not install requirements.txt" in said
    assert "./wheelhouse" in said


def test_a_taken_port_is_refused_and_another_offered(machine: Machine, taken_port: int) -> None:
    machine.installed()
    said = refusal(machine.run(PORT=str(taken_port)))
    assert said == f"error: port {taken_port} is taken; PORT={taken_port + 1} ./run takes another."


def test_a_port_that_is_no_number_is_refused(machine: Machine) -> None:
    machine.installed()
    assert "PORT is a number" in refusal(machine.run(PORT="http"))


def test_a_missing_pango_stops_nobody_but_is_said(machine: Machine, taken_port: int) -> None:
    machine.installed()
    machine.program("dpkg-query", "exit 1")
    done = machine.run(PORT=str(taken_port))
    assert "Pango, which evidence packs need, is missing; as root run:" in done.stdout
    assert PACKAGES in done.stdout


PYTHON_THAT_TELLS = """case $1 in -c|-) exit 0 ;; esac
echo "$1 $2 ${DATABASE_OWNER_URL-none} ${DATABASE_OWNER_URL_FILE-none}" >>"$HOME/told"
"""


@pytest.mark.parametrize(
    ("command", "prepares", "then"),
    [
        ("serve", ["manage.py prepare"], ["manage.py check", "-m gunicorn"]),
        ("demo", ["manage.py prepare"], ["-m gunicorn"]),
        ("worker", [], ["-m celery"]),
    ],
)
def test_what_serves_never_sees_the_role_that_owns_the_tables(
    machine: Machine, command: str, prepares: list[str], then: list[str]
) -> None:
    machine.installed()
    python = machine.folder / ".venv" / "bin" / "python"
    python.unlink()
    python.write_text(f"#!/bin/sh\n{PYTHON_THAT_TELLS}")
    python.chmod(0o755)
    machine.run(
        command,
        SECRET_KEY="s" * 50,
        REDIS_URL="redis://127.0.0.1:9",
        DATABASE_OWNER_URL="postgres://owner@host/name",
        DATABASE_OWNER_URL_FILE="/run/secrets/owner",
    )
    told = (machine.folder / "told").read_text().splitlines()
    owner = "postgres://owner@host/name /run/secrets/owner"
    assert told == [*(f"{one} {owner}" for one in prepares), *(f"{one} none none" for one in then)]


def test_serve_wants_a_secret(machine: Machine) -> None:
    assert "SECRET_KEY is not set" in refusal(machine.run("serve"))


@pytest.mark.parametrize("demo", ["1", "true", "yes"])
def test_serve_takes_no_demo(machine: Machine, demo: str) -> None:
    said = refusal(machine.run("serve", SECRET_KEY="x" * 50, DEMO=demo))
    assert "no demo accounts" in said


def test_worker_wants_a_broker(machine: Machine) -> None:
    assert "REDIS_URL is not set" in refusal(machine.run("worker"))


def test_a_browser_that_is_none_is_refused(machine: Machine) -> None:
    machine.installed()
    shutil.copy(machine.folder / "requirements.txt", machine.folder / "requirements-dev.txt")
    assert "no program" in refusal(machine.run("test", CHROMIUM="/nowhere"))


def test_an_unknown_command_prints_the_usage(machine: Machine) -> None:
    done = machine.run("fly")
    assert done.returncode == 2
    assert done.stderr.startswith("usage: ./run")


def test_doctor_before_the_first_start_says_so(machine: Machine) -> None:
    done = machine.run("doctor")
    assert done.returncode == 1
    assert "nothing is set up yet" in done.stdout


@pytest.mark.parametrize("script", ["run", ".ci/run"])
def test_scripts_are_posix(script: str) -> None:
    shell = shutil.which("dash") or "sh"
    subprocess.run([shell, "-n", ROOT / script], check=True)
    assert os.access(ROOT / script, os.X_OK)
