"""Run MLflow's own registry tests, unedited, against the portal, and count.

    python3 -m venv .venv-mlflow-tests
    .venv-mlflow-tests/bin/pip install --require-hashes -r tests/peer/requirements.txt
    .venv/bin/python -m tests.peer --mlflow PATH_OF_A_CHECKOUT_OF_MLFLOW

Starts a portal of its own with POLICY_SET=open on a free port, over an empty SQLite database.
Exit code 0: what failed is exactly what docs/mlflow.md says will; 1: something else.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from tests.servers import answers, free_port, running

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PYTHON = ROOT / ".venv-mlflow-tests" / "bin" / "python"
STORE = "tests/store/model_registry"
SUITES = {
    "client": ["tests/tracking/test_model_registry.py"],
    "store": [f"{STORE}/test_sqlalchemy_store.py"],
    "webhooks": [f"{STORE}/test_rest_store_webhooks.py", "tests/tracking/test_client_webhooks.py"],
}


@dataclass(frozen=True, kw_only=True)
class Portal:
    """A portal that serves, its database, and that database as it was when nothing was in it."""

    url: str
    token: str
    database: Path
    empty: Path


def main() -> int:
    asked = arguments()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The checkout's own mlflow stays out of the way of the one that is installed.
        shutil.copytree(asked.mlflow / "tests", folder / "tests")
        with serving(folder) as portal:
            run_tests(portal, asked, folder)
        return tell(folder / "results.xml")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.peer", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--mlflow", type=Path, required=True, help="a checkout of mlflow")
    parser.add_argument("--python", type=Path, default=PYTHON, help="an interpreter with mlflow")
    parser.add_argument("--suite", choices=SUITES, nargs="+", default=list(SUITES))
    parser.add_argument("more", nargs="*", help="after --: words for pytest, such as -k alias")
    asked = parser.parse_args()
    for path in (asked.mlflow / SUITES["client"][0], asked.python):
        if not path.exists():
            parser.error(f"there is no {path}")
    return asked


@contextmanager
def serving(folder: Path) -> Iterator[Portal]:
    port, database = free_port(), folder / "portal.sqlite3"
    env = os.environ | {
        "DATABASE_URL": f"sqlite:///{database}",
        "VAR_DIR": str(folder / "var"),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ADMIN_PASSWORD": secrets.token_urlsafe(20),
        "POLICY_SET": "open",
        "PORT": str(port),
    }
    manage("prepare", env=env)
    manage("create_admin", "--email", "admin@mlflow.example", "--name", "Ada Min", env=env)
    token = json.loads(manage("create_token", "--service", "mlflow-tests", "--json", env=env))
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "governance.wsgi"]
    with running(command, log=folder / "log", ready=lambda: answers(port), env=env, cwd=ROOT):
        empty = folder / "empty.sqlite3"
        with closing(sqlite3.connect(database)) as full, closing(sqlite3.connect(empty)) as copy:
            full.backup(copy)
        url = f"http://127.0.0.1:{port}"
        yield Portal(url=url, token=token["token"], database=database, empty=empty)


def manage(*arguments: str, env: dict[str, str]) -> str:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(
        command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def run_tests(portal: Portal, asked: argparse.Namespace, folder: Path) -> None:
    """Run them as MLflow's developers do, but for two plugins; failures are in results.xml."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "MLFLOW_"))} | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
        "MLFLOW_TRACKING_TOKEN": portal.token,
        "PORTAL_DATABASE": str(portal.database),
        "PORTAL_EMPTY": str(portal.empty),
        "PORTAL_URL": portal.url,
        "PYTHONPATH": str(HERE),
    }
    left_out = [word for case in listed("not_portable.txt") for word in ("--deselect", case)]
    files = [file for suite in asked.suite for file in SUITES[suite]]
    command = [asked.python, "-m", "pytest", "-p", "portal_registry", "-p", "no:cacheprovider"]
    command += ["-q", "-o", "addopts=", "--tb=short", "--timeout=120", "-rfE"]
    command += ["--junitxml=results.xml", *left_out, *files, *asked.more]
    subprocess.run(command, env=env, cwd=folder, check=False)


def listed(file: str) -> dict[str, str]:
    """Return the cases that a file of ours lists, each with its reason."""
    lines = (line.partition("  # ") for line in (HERE / file).read_text().splitlines())
    return {case: reason for case, _, reason in lines if case.startswith("tests/")}


def tell(results: Path) -> int:
    """Print what came of it, and return the exit code."""
    if not results.exists():
        return 1
    cases = ElementTree.parse(results).getroot().findall(".//testcase")
    failed = {name_of(case) for case in cases if case.find("failure") is not None}
    broken = {name_of(case) for case in cases if case.find("error") is not None}
    on_purpose = listed("failing_on_purpose.txt")
    print(f"\n{len(cases) - len(failed | broken)} of {len(cases)} passed.")
    for case in sorted(failed & on_purpose.keys()):
        print(f"fails on purpose: {case}\n    {on_purpose[case]}")
    for case in sorted((failed | broken) - on_purpose.keys()):
        print(f"FAILED: {case}")
    passed_after_all = {name_of(case) for case in cases} & on_purpose.keys() - failed
    for case in sorted(passed_after_all):
        print(f"PASSES, though listed as failing on purpose: {case}")
    return 1 if broken or failed - on_purpose.keys() or passed_after_all else 0


def name_of(case: ElementTree.Element) -> str:
    """Return the name that pytest gives the case on its command line."""
    return f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"


if __name__ == "__main__":
    sys.exit(main())
