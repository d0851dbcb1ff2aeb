"""What the ledger costs, beside a plain save() and the audit libraries of the field: ratios.

    ./run bench ledger                   print
    ./run bench ledger --write           and put the figures into docs/performance.md
    ./run bench ledger --only writing    one of the measurements

Everything of one table is measured in one run, in turn, in processes of one kind and over one
database. Each measurement is a function below MEASUREMENTS, with a place of its own on the page.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

from bench import report
from tests.servers import postgres

HOME = Path(__file__).resolve().parent.parent
PAGE = HOME / "docs" / "performance.md"
PYTHON = HOME / ".venv-ledger" / "bin" / "python"
NAMES = {
    "Plain": "plain save()",
    "ledger": "with our entry, own streams",
    "hot": "with our entry, one stream",
    "Audited": "django-auditlog",
    "Historic": "django-simple-history",
    "Tracked": "django-pghistory",
}


@dataclass(frozen=True, kw_only=True)
class Asked:
    rounds: int
    seconds: float
    writers: tuple[int, ...]
    sizes: tuple[int, ...]


@dataclass(frozen=True)
class Place:
    """A database to measure on, as the environment names it."""

    label: str
    values: Mapping[str, str]


def in_the_bench(module: str, *arguments: object, values: Mapping[str, str]) -> Any:
    """Run a module of the bench beside the libraries; it answers in JSON."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO_", "DATABASE_"))}
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        done = subprocess.run(
            [str(PYTHON), "-m", module, *map(str, arguments)],
            cwd=HOME,
            env={"VAR_DIR": folder, "SECRET_KEY": secrets.token_urlsafe(50), **kept, **values},
            stdout=subprocess.PIPE,
            check=True,
        )
    return json.loads(done.stdout)


def writing(server: str, asked: Asked) -> str:
    """The same row saved, again and again, by so many writers at once."""
    places = (
        Place(label="PostgreSQL", values={"DATABASE_URL": server}),
        Place(label="SQLite, synchronous=FULL as the portal sets it", values={}),
        Place(label="SQLite, synchronous=NORMAL", values={"SYNCHRONOUS": "NORMAL"}),
    )
    parts = []
    for place in places:
        parts.append(_written(place, asked))
        print(parts[-1], flush=True)
    began = f"{asked.rounds} rounds of {asked.seconds:g} s for each cell"
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()} The load of the "
        f"machine, which had other work too, was {os.getloadavg()[2]:.1f} over a quarter of an "
        f"hour. {began}; rates are medians of the rounds, ratios how many times as long as a plain "
        "save() a write takes, the median of the ratios within a round.\n\n" + "\n\n".join(parts)
    )


def _written(place: Place, asked: Asked) -> str:
    found = in_the_bench(
        "bench.ledger_writing", asked.rounds, asked.seconds, *asked.writers, values=place.values
    )
    heads = [f"{count} at once, /s | ratio" for count in asked.writers]
    lines = [
        f"{place.label}; {found['entries']:,} entries, verified afterwards:",
        "",
        f"| write | {' | '.join(heads)} |",
        f"|---|{'--:|--:|' * len(heads)}",
    ]
    for kind in found["rates"][str(asked.writers[0])]:
        cells = [_cell(found["rates"][str(count)], kind) for count in asked.writers]
        lines.append(f"| {NAMES[kind]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(rates: Mapping[str, list[float]], kind: str) -> str:
    ratios = [plain / one for plain, one in zip(rates["Plain"], rates[kind], strict=True)]
    return f"{median(rates[kind]):,.0f} | **{median(ratios):.2f}**"


def reading(server: str, asked: Asked) -> str:
    """What verifying a whole ledger costs, and whether a proof costs more as it grows."""
    rows, parts = [], []
    for place in (Place(label="PostgreSQL", values={"DATABASE_URL": server}), Place("SQLite", {})):
        found = in_the_bench("bench.ledger_reading", *asked.sizes, values=place.values)
        last = found[-1]
        ratio = last["verify"] / last["floor"]
        rows.append(
            f"| {place.label} | {last['floor']:.1f} | {last['verify']:.1f} | **{ratio:.1f}** "
            f"| {last['megabytes']:.0f} |"
        )
        parts += [
            f"| {place.label} | {one['size']:,} | {one['proofs']['inclusion']:.2f} "
            f"| {one['proofs']['consistency']:.2f} | {one['sign_seconds']:.1f} |"
            for one in found
        ]
    return "\n".join(
        [
            f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()} The load was "
            f"{os.getloadavg()[2]:.1f} over a quarter of an hour. {asked.sizes[-1]:,} entries in a "
            "thousand streams; processor time of the verifying process, in µs an entry, best of "
            "three. The floor reads every text and hashes it over the hash before it; verification "
            "also compares every copied column, recomputes the tree and its tiles, and checks "
            "checkpoints.",
            "",
            "| database | floor | verification | ratio | peak memory, MB |",
            "|---|--:|--:|--:|--:|",
            *rows,
            "",
            "One proof, median of 200, each from a cold start but for the database's own cache; "
            "and the checkpoint that took in what was new:",
            "",
            "| database | entries | inclusion, ms | consistency, ms | checkpoint, s |",
            "|---|--:|--:|--:|--:|",
            *parts,
        ]
    )


MEASUREMENTS: dict[str, Callable[[str, Asked], str]] = {"writing": writing, "reading": reading}
"""Name → what it returns for the page; its place there is marked `ledger-<name>`."""


def put(name: str, text: str) -> None:
    """Put the text between the two marks of this measurement on the page."""
    begin, end = f"<!-- ledger-{name}: begin -->", f"<!-- ledger-{name}: end -->"
    head, _, rest = PAGE.read_text().partition(begin)
    PAGE.write_text(f"{head}{begin}\n\n{text}\n\n{end}{rest.partition(end)[2]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", choices=sorted(MEASUREMENTS), help="one measurement")
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each kind in each round")
    parser.add_argument("--writers", default="1,8,32", help="how many at once")
    parser.add_argument("--sizes", default="10000,100000,1000000", help="entries, growing")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    given = parser.parse_args()
    writers = tuple(int(count) for count in given.writers.split(","))
    sizes = tuple(int(size) for size in given.sizes.split(","))
    asked = Asked(rounds=given.rounds, seconds=given.seconds, writers=writers, sizes=sizes)
    for name in [given.only] if given.only else MEASUREMENTS:
        with postgres() as server:
            text = MEASUREMENTS[name](server, asked)
        print(text, flush=True)
        if given.write:
            put(name, text)


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
