"""The portal as `./run serve` starts it: gunicorn, its worker child, TLS asked for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from tests.servers import free_port

ROOT = Path(__file__).parents[2]
START_SECONDS = 30


@dataclass(frozen=True)
class Portal:
    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def get(self, path: str, **headers: str) -> requests.Response:
        return requests.get(
            f"http://127.0.0.1:{self.port}{path}",
            headers={"Host": "portal.example", **headers},
            allow_redirects=False,
            timeout=10,
        )


@pytest.fixture
def portal(process_env: dict[str, str], tmp_path: Path) -> Iterator[Portal]:
    port, log = free_port(), tmp_path / "log"
    kept = {k: v for k, v in process_env.items() if k != "REDIS_URL"}
    env = {**kept, "PORT": str(port), "BASE_URL": "https://portal.example"}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "governance.wsgi"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
    try:
        served = Portal(process, port, log)
        wait_for(served)
        yield served
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def wait_for(portal: Portal) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and portal.process.poll() is None:
        try:
            portal.get("/healthz")
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the portal did not serve:\n{portal.log.read_text()}")


def children(pid: int) -> list[int]:
    """Return who was started by `pid`; a bare system has no `ps` to ask."""
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with suppress(OSError):  # it ended between the listing and the look
            if f"PPid:\t{pid}\n" in status.read_text():
                found.append(int(status.parent.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.backend
def test_it_serves_behind_tls_and_leaves_nothing_behind(portal: Portal) -> None:
    assert portal.get("/healthz").text == "ok\n"
    plain = portal.get("/sign-in/")
    assert (plain.status_code, plain.headers["Location"]) == (
        301,
        "https://portal.example/sign-in/",
    )
    page = portal.get("/sign-in/", **{"X-Forwarded-Proto": "https"})
    assert page.status_code == 200
    assert "max-age=" in page.headers["Strict-Transport-Security"]
    assert "'unsafe" not in page.headers["Content-Security-Policy"]
    assert portal.get("/sign-in/", Host="evil.example").status_code == 400

    started = children(portal.process.pid)
    assert len(started) >= 2, "gunicorn's worker and the worker of the jobs"
    portal.process.send_signal(signal.SIGTERM)
    portal.process.wait(30)
    assert not [pid for pid in started if alive(pid)]
