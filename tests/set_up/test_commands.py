"""`prepare`, `doctor` and the production checks, each in a process of its own as people do."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from governance.core.checks import check_no_demo_people

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
CLOSED = "127.0.0.1:9"


def manage(folder: Path, *arguments: str, **environment: str) -> CompletedProcess[str]:
    """Run a command on a database in `folder` that no other test knows."""
    ours = ("DJANGO_", "DATABASE_URL", "REDIS_URL", "DEMO", "BASE_URL")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(ours)}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**kept, "VAR_DIR": str(folder), "SECRET_KEY": SECRET, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prepared")
    done = manage(folder, "prepare")
    assert done.returncode == 0, done.stderr
    assert "migrations" in done.stdout
    return folder


def test_prepare_names_what_is_in_use_and_migrates_once(prepared: Path) -> None:
    said = manage(prepared, "prepare").stdout
    assert f"database: SQLite, {prepared}" in said
    assert "manage.py load_questionnaire publishes a questionnaire" in said
    assert "jobs: one worker child of the server" in said
    assert "applying" not in said


def test_prepare_puts_back_a_trigger_that_is_gone(prepared: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(prepared, tmp_path / "prepared")
    with closing(sqlite3.connect(folder / "countersign.sqlite3")) as database:
        database.execute("DROP TRIGGER audit_ledgerentry_keep_u")
    assert "protecting the history tables again" in manage(folder, "prepare").stdout
    assert "again" not in manage(folder, "prepare").stdout


def test_prepare_says_which_database_does_not_answer(tmp_path: Path) -> None:
    done = manage(tmp_path, "prepare", DATABASE_URL=f"postgres://u:hidden@{CLOSED}/portal")
    assert done.returncode == 1
    assert "PostgreSQL, portal on 127.0.0.1 does not answer" in done.stderr
    assert "hidden" not in done.stdout + done.stderr


def test_doctor_is_content_with_what_the_tests_run_on(prepared: Path) -> None:
    done = manage(prepared, "doctor")
    assert done.returncode == 0, done.stdout
    assert "MISSING" not in done.stdout
    assert "evidence packs can be drawn" in done.stdout


def test_doctor_sees_a_database_that_waits_for_migrations(tmp_path: Path) -> None:
    done = manage(tmp_path, "doctor")
    assert done.returncode == 1
    assert "migrations to apply" in done.stdout


def test_doctor_names_servers_that_do_not_answer_without_their_passwords(tmp_path: Path) -> None:
    done = manage(
        tmp_path,
        "doctor",
        DATABASE_URL=f"postgres://u:hidden@{CLOSED}/portal",
        REDIS_URL=f"redis://:hidden@{CLOSED}/0",
    )
    assert done.returncode == 1
    assert done.stdout.count("does not answer") == 2
    assert "hidden" not in done.stdout + done.stderr


def check_deploy(folder: Path, **environment: str) -> CompletedProcess[str]:
    asked = ("check", "--deploy", "--database", "default", "--fail-level", "WARNING")
    return manage(folder, *asked, **environment)


def test_production_with_an_address_under_tls_passes_its_checks(prepared: Path) -> None:
    done = check_deploy(prepared, BASE_URL="https://portal.example")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("environment", "rule"),
    [
        ({"BASE_URL": "http://portal.example"}, "security.W012"),
        ({"BASE_URL": "https://portal.example", "SECRET_KEY": "0123456789" * 4}, "security.W009"),
        ({"BASE_URL": "https://portal.example", "DEMO": "1"}, "core.E001"),
    ],
    ids=["no TLS", "short secret", "demo"],
)
def test_production_is_refused(prepared: Path, environment: dict[str, str], rule: str) -> None:
    done = check_deploy(prepared, **environment)
    assert done.returncode == 1
    assert rule in done.stderr


@pytest.mark.django_db
@pytest.mark.parametrize(("active", "found"), [(True, ["core.E002"]), (False, [])])
def test_production_refuses_people_of_the_demo(active: bool, found: list[str]) -> None:
    get_user_model().objects.create(
        email="demo@meridian.example", is_demo=True, is_active=active, created_at=timezone.now()
    )
    assert [error.id for error in check_no_demo_people(databases=["default"])] == found
