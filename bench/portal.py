"""The portal as it is served, over a database filled for measuring."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.load import Target
from bench.operations import Data
from tests.servers import answers, free_port, mortal, running

ROOT = Path(__file__).resolve().parent.parent


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        **os.environ,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "VAR_DIR": str(folder),
        "POLICY_SET": "open",
        **more,
    }


@contextmanager
def serving(
    *, database: str, redis: str, workers: int, data: Data, folder: Path
) -> Iterator[Target]:
    """Prepare and fill an empty database, and serve it."""
    values = environment(
        folder,
        DATABASE_URL=database,
        REDIS_URL=redis,
        WEB_CONCURRENCY=str(workers),
        PORT=str(free_port()),
    )
    seed = ("-m", "bench.seed", str(data.models), str(data.versions))
    with served(seed, values=values, folder=folder) as target:
        yield target


@contextmanager
def served(seed: Sequence[str], *, values: dict[str, str], folder: Path) -> Iterator[Target]:
    """Prepare an empty database and serve it once `seed` has filled it and printed a token."""
    folder.mkdir()
    port = int(values["PORT"])
    _run("manage.py", "prepare", values=values)
    secret = _run(*seed, values=values)
    gunicorn = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "governance.wsgi"]
    command = [*mortal(), *gunicorn]
    with running(command, log=folder / "log", ready=lambda: answers(port), env=values, cwd=ROOT):
        token = secret.splitlines()[-1]
        yield Target(f"http://127.0.0.1:{port}", (("Authorization", f"Bearer {token}"),))


def _run(*arguments: str, values: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        env=values,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout
