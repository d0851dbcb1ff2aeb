"""How long a rollback takes, from page, REST interface and command, each as people use it.

`python -m bench.rollbacks` serves the portal over a PostgreSQL and rolls model after model back,
one way after the other. What counts is reading what would be done and having it done: two calls,
or one process from its start to its end.
"""

from __future__ import annotations

import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

import requests

from bench import portal, report
from bench.load import Target
from tests.servers import free_port, postgres, valkey

ROUNDS = 5
EMAIL = "alma.second@bank.example"
PASSWORD = "correct-horse-7-staple"
REASON = "It drifts."

Way = Callable[[str], None]


def from_page(target: Target) -> Way:
    """Sign in once; then read the page and press its button."""
    browser = requests.Session()

    def post(path: str, **fields: str) -> None:
        page = browser.get(target.url + path, timeout=60).text
        carried = {name: _hidden(page, name) for name in ("csrfmiddlewaretoken", "seen")}
        done = browser.post(
            target.url + path, carried | fields, allow_redirects=False, timeout=60,
            headers={"Referer": target.url},
        )  # fmt: skip
        _require(done.status_code == 302, done.text)

    post("/sign-in/", login=EMAIL, password=PASSWORD)
    return lambda name: post(f"/models/{name}/roll-back/", reason=REASON, password=PASSWORD)


def from_api(target: Target) -> Way:
    caller = requests.Session()
    caller.headers.update(dict(target.headers))

    def roll_back(name: str) -> None:
        address = f"{target.url}/api/v1/models/{name}/slots/primary/rollback"
        said = {"reason": REASON, "approver": EMAIL, "password": PASSWORD}
        digest = caller.get(address, timeout=60).json()["digest"]
        done = caller.post(address, json=said | {"digest": digest}, timeout=60)
        _require(done.status_code == 200, done.text)

    return roll_back


def from_command(values: Mapping[str, str]) -> Way:
    def roll_back(name: str) -> None:
        decided = (f"--as={EMAIL}", f"--reason={REASON}", "--password-stdin")
        done = subprocess.run(
            [sys.executable, "manage.py", "roll_back", name, *decided],
            cwd=portal.ROOT, env=values, input=f"{PASSWORD}\n", capture_output=True, text=True,
            check=False, timeout=60,
        )  # fmt: skip
        _require(done.returncode == 0, done.stderr)

    return roll_back


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return unescape(found[1]) if found else ""


def _require(is_done: bool, told: str) -> None:
    if not is_done:
        raise RuntimeError(f"It was not rolled back: {told[:2000]}")


def measured(ways: Mapping[str, Way]) -> dict[str, list[float]]:
    """Roll one model after the other back, the ways in turn; return the seconds of each."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for number, (name, way) in enumerate(ways.items()):
            begun = time.perf_counter()
            way(f"m{turn * len(ways) + number}")
            found[name].append(time.perf_counter() - begun)
    return found


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as parent,
        postgres() as database,
        valkey() as redis,
    ):
        folder = Path(parent) / "portal"
        values = portal.environment(
            folder,
            DATABASE_URL=database,
            REDIS_URL=redis,
            WEB_CONCURRENCY="2",
            PORT=str(free_port()),
            POLICY_SET="standard",
        )
        seed = ("-m", "bench.incumbents", str(3 * ROUNDS))
        with portal.served(seed, values=values, folder=folder) as target:
            ways = {
                "page": from_page(target),
                "API": from_api(target),
                "command": from_command(values),
            }
            for name, seconds in measured(ways).items():
                middle, most = statistics.median(seconds), max(seconds)
                print(f"{name}: median {middle:.2f} s, longest {most:.2f} s", flush=True)
    print(f"{ROUNDS} of each, on {report.machine()}")


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
