"""The peer: real `mlflow server` processes over one database, filled straight into its tables."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from bench.load import Headers, Target, Unanswered, call, encoded
from bench.operations import DESCRIPTION, Data
from tests.servers import answers, free_port, mortal, running

PROGRAMS = Path(__file__).resolve().parent.parent / ".venv-peer" / "bin"
BEGIN = int(datetime(2026, 1, 5, 9, tzinfo=UTC).timestamp() * 1000)
FAST = ("--uvicorn-opts", "--loop uvloop --http httptools")
# What uvicorn takes by itself where uvloop and httptools are not installed, as they are here.
AS_INSTALLED = ("--uvicorn-opts", "--loop asyncio --http h11")
PATIENCE = 240
PASSWORD = secrets.token_urlsafe(12)
AUTH_CONFIG = """[mlflow]
default_permission = EDIT
admin_username = admin
database_uri = {database}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
auth_cache_ttl_seconds = 3600
"""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One way to run `mlflow server`; without `workers` it takes as many as it likes, four."""

    label: str
    options: Sequence[str] = ()
    workers: int | None = None
    authenticates: bool = False


def kinds(workers: int) -> dict[str, Kind]:
    return {
        "tuned": Kind(
            label=f"mlflow tuned: {workers} workers, uvloop, httptools",
            options=FAST,
            workers=workers,
        ),
        "auth": Kind(
            label="the tuned one with basic auth and its credential cache, caller no admin",
            options=(*FAST, "--app-name", "basic-auth"),
            workers=workers,
            authenticates=True,
        ),
        "default": Kind(
            label="mlflow as it is installed: 4 workers, asyncio, h11", options=AS_INSTALLED
        ),
    }


def fill(database: str, data: Data) -> None:
    """Fill the tables, which the first peer made when it started."""
    models = [(data.name(index), data.team(index)) for index in range(data.models)]
    versions = [
        (name, number, data.stage(number), data.source(name, number))
        for name, _ in models
        for number in data.numbers()
    ]
    rows: Mapping[str, Iterable[Sequence[object]]] = {
        "registered_models (name, creation_time, last_updated_time, description)": (
            (name, BEGIN, BEGIN, DESCRIPTION) for name, _ in models
        ),
        "registered_model_tags (name, key, value)": ((name, "team", team) for name, team in models),
        "model_versions (name, version, current_stage, source, storage_location, creation_time, "
        "last_updated_time, description, run_id, status)": (
            (name, number, stage, source, source, BEGIN, BEGIN, "", "", "READY")
            for name, number, stage, source in versions
        ),
        "model_version_tags (name, version, key, value)": (
            (name, number, *tag) for name, number, *_ in versions for tag in data.tags(number)
        ),
        "registered_model_aliases (name, alias, version)": (
            (name, "champion", data.versions) for name, _ in models
        ),
    }
    with psycopg.connect(database) as connection, connection.cursor() as cursor:
        for table, values in rows.items():
            copy_rows(cursor, table, values)
        cursor.execute("ANALYZE")


def copy_rows(cursor: psycopg.Cursor[Any], table: str, rows: Iterable[Sequence[object]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def sqlalchemy(database: str) -> str:
    """psycopg2 is the faster of the two drivers here."""
    return database.replace("postgres://", "postgresql+psycopg2://", 1)


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return kept | {
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "GIT_PYTHON_REFRESH": "quiet",
        "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}",
        **more,
    }


@contextmanager
def serving(kind: Kind, *, database: str, accounts: str, folder: Path) -> Iterator[Target]:
    """Run a peer over its database; `accounts` is a second one, for those that authenticate."""
    folder.mkdir()
    port = free_port()
    config = folder / "auth.ini"
    config.write_text(AUTH_CONFIG.format(database=sqlalchemy(accounts)))
    command = [
        *mortal(),
        str(PROGRAMS / "mlflow"), "server", "--host", "127.0.0.1", "--port", str(port),
        "--backend-store-uri", sqlalchemy(database),
        "--default-artifact-root", str(folder / "artifacts"),
        *(["--workers", str(kind.workers)] if kind.workers else []), *kind.options,
    ]  # fmt: skip
    values = environment(
        MLFLOW_AUTH_CONFIG_PATH=str(config),
        MLFLOW_AUTH_ADMIN_PASSWORD=PASSWORD,
        MLFLOW_FLASK_SERVER_SECRET_KEY=secrets.token_urlsafe(24),
    )
    url = f"http://127.0.0.1:{port}"
    started = running(
        command,
        log=folder / "log",
        ready=lambda: answers(port) and is_well(url),
        env=values,
        patience=PATIENCE,
    )
    with started:
        yield Target(url, let_in(url) if kind.authenticates else ())


def is_well(url: str) -> bool:
    """Tell whether it answers: the port is open long before."""
    try:
        return call(url, encoded("GET", "/health")).startswith(b"HTTP/1.1 200")
    except (OSError, Unanswered):
        return False


def let_in(url: str) -> Headers:
    """Make a user who is no administrator; return what this user sends along."""
    name, password = "pipeline", secrets.token_urlsafe(12)
    body = json.dumps({"username": name, "password": password}).encode()
    path = "/api/2.0/mlflow/users/create"
    answer = call(url, encoded("POST", path, body, headers=basic("admin", PASSWORD)))
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the peer made no user: {answer[:300]!r}")
    return basic(name, password)


def basic(name: str, password: str) -> Headers:
    token = base64.b64encode(f"{name}:{password}".encode()).decode()
    return (("Authorization", f"Basic {token}"),)
