"""How the pages of the inventory take to a hundred times the models: both sizes in turn, as ratios.

    ./run bench inventory              print; --help names what can be chosen
    ./run bench inventory --write      put the table into docs/performance.md too

Two portals run at once over one PostgreSQL, each over a database of its own: one with few models,
one with many. Each page is asked of the one and of the other in turn, call by call, so that a
machine that slows down does so for both alike. The aim is a p95 within 1.5 times.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench import portal, report
from bench.load import Connection, Target, encoded
from tests.servers import free_port, postgres, valkey

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- inventory: begin -->", "<!-- inventory: end -->"
AIM = 1.5
WARM_CALLS = 15
CLASSES = (
    "NOT_AI_SYSTEM", "OUT_OF_SCOPE_FOSS", "OUT_OF_SCOPE", "MINIMAL", "TRANSPARENCY_ONLY",
    "GPAI_FOSS", "GPAI",
)  # fmt: skip
KINDS = ("CLASSIFICATION", "REGRESSION", "RANKING", "FORECAST", "ANOMALY", "GENERATIVE", "RULES")
PAGES = {
    "list": "/models/",
    "list, by name": "/models/?order=name",
    "list, by tier": "/models/?order=-tier",
    "list, last whole page": "/models/?page={last}",
    "list, by name, last whole page": "/models/?order=name&page={last}",
    "facet stage": "/models/?stage=PRODUCTION",
    "facet stage, most versions": "/models/?stage=ARCHIVED",
    "facet tier": "/models/?tier=2&tier=3",
    "facet AI Act": "/models/?" + "&".join(f"ai_act_class={value}" for value in CLASSES),
    "facet kind": "/models/?" + "&".join(f"kind={value}" for value in KINDS),
    "facet unit": "/models/?unit=bank/retail&unit=bank/markets&unit=bank/risk",
    "facet record": "/models/?record=COMPLETE",
    "facet due *": "/models/?due=late",
    "facets together": "/models/?tier=2&tier=3&unit=bank/retail&unit=bank/markets&unit=bank/risk"
    "&record=COMPLETE&" + "&".join(f"kind={value}" for value in KINDS[:6]),
    "facets together, few fit *": "/models/?tier=2&tier=3&kind=RANKING&unit=bank/retail"
    "&record=COMPLETE",
    "view attention *": "/models/?view=attention",
    "search, every model": "/models/?q=customer",
    "search, half of them": "/models/?q=pl",
    "search, a quarter of them *": "/models/?q=score",
    "search, one model": "/models/?q={model}",
    "model": "/models/{model}/",
    "list as of a day": "/models/?as_of=2026-03-02",
    "list as of a day, by name": "/models/?as_of=2026-03-02&order=name",
    "list as of a day, facet tier": "/models/?as_of=2026-03-02&tier=2&tier=3",
    "model as of a day": "/models/{model}/?as_of=2026-03-02",
}
"""Those with a star find less than a page among few models and a whole one among many: there the
ratio is for the most part that of the rows drawn, which the table gives."""
ROW = b'<th scope="row">'


@dataclass(frozen=True)
class Size:
    models: int
    versions: int

    def __str__(self) -> str:
        return f"{self.models:,} models, {self.models * self.versions:,} versions"

    def path(self, page: str, model: str) -> str:
        return PAGES[page].format(last=self.models // 50, model=model)


@dataclass
class Side:
    """One portal, and how long its calls took, by page, in milliseconds.

    `answered` is how many rows the last answer had.
    """

    size: Size
    target: Target
    model: str
    taken: dict[str, list[float]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    answered: int = 0

    def percentile(self, page: str, share: float) -> float:
        ordered = sorted(self.taken[page])
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@contextmanager
def two_sizes(sizes: Sequence[Size], workers: int) -> Iterator[list[Side]]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server, redis = stack.enter_context(postgres()), stack.enter_context(valkey())
        sides = []
        for number, size in enumerate(sizes):
            began = time.monotonic()
            database = _database(server, f"inventory{number}")
            values = portal.environment(
                folder / str(number),
                DATABASE_URL=database,
                REDIS_URL=f"{redis[:-1]}{number}",
                WEB_CONCURRENCY=str(workers),
                PORT=str(free_port()),
            )
            seed = ("-m", "bench.inventory_seed", str(size.models), str(size.versions))
            served = portal.served(seed, values=values, folder=folder / str(number))
            target = stack.enter_context(served)
            target = Target(target.url, (("Cookie", dict(target.headers)["Authorization"][7:]),))
            sides.append(Side(size=size, target=target, model=_model(database)))
            print(f"filled with {size} in {time.monotonic() - began:.0f} s", flush=True)
        yield sides


def _database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


def _model(database: str) -> str:
    """A model in the middle, by name."""
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT name FROM inventory_model ORDER BY name OFFSET 42 LIMIT 1"
        ).fetchall()
    return str(rows[0][0])


def measure(sides: Sequence[Side], pages: Sequence[str], calls: int) -> None:
    for page in pages:
        for side in sides:
            side.taken[page] = []
        for turn in range(WARM_CALLS + calls):
            for side in sides if turn % 2 else reversed(sides):
                taken = call(side, side.size.path(page, side.model))
                side.rows[page] = side.answered
                if turn >= WARM_CALLS:
                    side.taken[page].append(taken)
        print(_line(sides, page), flush=True)


def call(side: Side, path: str) -> float:
    """Ask on a connection of its own, as a browser that was idle does; return milliseconds."""
    host = side.target.url.removeprefix("http://").split(":")
    connection = Connection((host[0], int(host[1])))
    request = encoded("GET", path, headers=side.target.headers)
    connection.send(request)
    while (answer := connection.receive()) is None:
        pass
    taken = 1000 * (time.perf_counter() - connection.sent_at)
    connection.socket.close()
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"{path}: {answer[:300]!r}")
    side.answered = answer.count(ROW)
    return taken


def _ratio(sides: Sequence[Side], page: str, share: float) -> float:
    few, many = sides
    return many.percentile(page, share) / few.percentile(page, share)


def _line(sides: Sequence[Side], page: str) -> str:
    figures = "   ".join(
        f"rows {side.rows[page]:2} "
        f"p50 {side.percentile(page, 0.5):6.1f} p95 {side.percentile(page, 0.95):6.1f}"
        for side in sides
    )
    ratios = f"x{_ratio(sides, page, 0.5):.2f} x{_ratio(sides, page, 0.95):.2f}"
    return f"{page:32} {figures}   {ratios}"


def table(sides: Sequence[Side]) -> str:
    few, many = sides
    rows = [
        f"| {page} | {few.rows[page]} "
        f"| {few.percentile(page, 0.5):.0f} | {few.percentile(page, 0.95):.0f} "
        f"| {many.rows[page]} "
        f"| {many.percentile(page, 0.5):.0f} | {many.percentile(page, 0.95):.0f} "
        f"| {_ratio(sides, page, 0.5):.2f} | **{_ratio(sides, page, 0.95):.2f}** |"
        for page in few.taken
    ]
    head = (
        f"| page | {few.size.models:,} models, rows | p50 ms | p95 "
        f"| {many.size.models:,} models, rows | p50 ms | p95 | ratio p50 | ratio p95 |\n"
        f"|---|{'--:|' * 8}"
    )
    return "\n".join([head, *rows])


def main() -> None:
    arguments = _arguments()
    sizes = [Size(arguments.few, arguments.versions), Size(arguments.many, arguments.versions)]
    pages = arguments.pages.split(";") if arguments.pages else list(PAGES)
    before = os.getloadavg()[1]
    with two_sizes(sizes, arguments.workers) as sides:
        measure(sides, pages, arguments.calls)
        text = (
            f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()} "
            f"{sizes[0]}; and {sizes[1]}; {arguments.workers} worker each, {arguments.calls} calls "
            f"of each page to each in turn, one at a time. The machine's load was "
            f"{' and '.join(f'{load:.1f}' for load in (before, os.getloadavg()[1]))} "
            f"before and at the end.\n\n{table(sides)}"
        )
    print(text)
    if arguments.write:
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--few", type=int, default=100, help="models")
    parser.add_argument("--many", type=int, default=10_000, help="models")
    parser.add_argument("--versions", type=int, default=10, help="of each model")
    parser.add_argument("--calls", type=int, default=60, help="of each page to each portal")
    parser.add_argument("--workers", type=int, default=1, help="of each portal")
    parser.add_argument("--pages", default="", help="some of them, with ; between; empty for all")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
