"""What every test stands on: no outside world, no skips, its own files, a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import hypothesis
import pytest
from django.conf import settings as django_settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import override_settings

from governance.evidence.pades.self_made import make as make_seal_key
from tests import factories, ledger_support, network

pytest_plugins = ["tests.no_skips"]

# Playwright's synchronous API keeps an event loop in the test's own thread, and Django takes any
# running loop for asynchronous code that must not touch the database.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

LONG = os.environ.get("PROFILE") == "long"
SAMPLES = os.environ.get("SAMPLES_DIR", "")

hypothesis.settings.register_profile(
    "normal", deadline=None, max_examples=50, derandomize=True, database=None
)
hypothesis.settings.register_profile("long", deadline=None, max_examples=2000, database=None)
hypothesis.settings.load_profile("long" if LONG else "normal")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    absent = {name for name, here in (("long", LONG), ("samples", SAMPLES)) if not here}
    left_out = [item for item in items if any(item.get_closest_marker(name) for name in absent)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def _only_this_machine() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        network.block(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _tables_can_be_emptied() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        ledger_support.let_tests_empty_tables(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 as ever, but with little memory: what it costs an attacker is not tested here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Argon2PasswordHasher, "time_cost", 1)
        patch.setattr(Argon2PasswordHasher, "memory_cost", 1024)
        yield


@pytest.fixture(scope="session", autouse=True)
def var_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the portal keeps its files during the tests."""
    folder = tmp_path_factory.mktemp("var")
    with override_settings(
        VAR_DIR=folder,
        PACK_DIR=folder / "packs",
        LEDGER_KEY_FILE=folder / "ledger_key.pem",
        LEDGER_SIGNER_FILE=folder / "ledger_signer.json",
        SEAL=replace(django_settings.SEAL, key_file=folder / "seal_key.pem"),
    ):
        # Tests build packs as of many days, and a certificate holds from the day of its making.
        make_seal_key(
            folder / "seal_key.pem", organization="Countersign", at=datetime(2020, 1, 1, tzinfo=UTC)
        )
        yield folder


@pytest.fixture(autouse=True)
def _forgetful_signer(var_dir: Path) -> None:
    """What the signer remembers is outside the database, which each test finds empty."""
    (var_dir / "ledger_signer.json").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Put SQLite's test database into a file: one in memory has neither WAL nor other processes.

    Each pytest-xdist worker has a folder of its own, so the file needs no suffix as PostgreSQL's
    databases do.
    """
    database = django_settings.DATABASES["default"]
    if database["ENGINE"] == "django.db.backends.sqlite3":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        database.setdefault("TEST", {})["NAME"] = str(file)
        # Nobody needs these rows after a power cut.
        database["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"


@pytest.fixture
def process_env(transactional_db: None, var_dir: Path) -> dict[str, str]:
    """The environment in which `manage.py` or gunicorn works on this test's own database."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("DJANGO_")}
    return kept | {
        "DATABASE_URL": database_url(connection.settings_dict),
        "VAR_DIR": str(var_dir),
        "SECRET_KEY": django_settings.SECRET_KEY,
        "DEMO": "0",
    }


def database_url(database: dict[str, Any]) -> str:
    if database["ENGINE"] == "django.db.backends.sqlite3":
        return f"sqlite:///{database['NAME']}"
    secret = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return f"postgres://{secret}@{database['HOST']}:{database['PORT']}/{database['NAME']}"


def chromium() -> str:
    """Return the browser's path: CHROMIUM, else the system's. Fails the test when there is none."""
    named = os.environ.get("CHROMIUM", "")
    for candidate in [named] if named else ["chromium", "google-chrome", "google-chrome-stable"]:
        if path := shutil.which(candidate):
            return path
    pytest.fail("no Chromium: install the system's package or set CHROMIUM", pytrace=False)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # Without these Chromium looks up its maker's hosts at every start.
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update"]
    # A container's /dev/shm is too small for a page, or not there.
    quiet += ["--disable-dev-shm-usage"]
    # The sandbox refuses to start as root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return {**browser_type_launch_args, "executable_path": chromium(), "args": [*quiet, *sandbox]}


@pytest.fixture
def cast(db: None) -> factories.Cast:
    """Owner, developer, validator, approver, auditor, outsider, and the others beside them."""
    return factories.make_cast()
