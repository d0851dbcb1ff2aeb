"""What a long card costs the page that shows it, beside a small one on the same portal: a ratio.

    ./run bench cards              print
    ./run bench cards --write      and put the figures into docs/performance.md

Both pages are asked of one portal in turn, call by call. The aim is a median and a p95 within twice
those of the small card.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench import portal, report
from bench.inventory import Side, Size, call
from bench.load import Target
from tests.servers import free_port, postgres, valkey

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- cards: begin -->", "<!-- cards: end -->"
LETTERS = 200_000
WARM_CALLS = 5
PATH = "/models/{}/versions/1/card/"
NAMES = ("small", "long")


def measure(target: Target, calls: int) -> dict[str, Side]:
    """Ask for both pages in turn; the first call of each, which renders it, is told apart."""
    sides = {name: Side(size=Size(1, 1), target=target, model=name) for name in NAMES}
    call(sides["small"], PATH.format("small"))  # The portal warms up.
    for side in sides.values():
        side.taken = {"first": [call(side, PATH.format(side.model))], "later": []}
    for turn in range(WARM_CALLS + calls):
        for name in NAMES if turn % 2 else reversed(NAMES):
            taken = call(sides[name], PATH.format(name))
            if turn >= WARM_CALLS:
                sides[name].taken["later"].append(taken)
    return sides


def table(sides: dict[str, Side]) -> str:
    small, long = (sides[name] for name in NAMES)
    rows = []
    for label, page, share in (
        ("first call", "first", 0.5),
        ("median", "later", 0.5),
        ("p95", "later", 0.95),
    ):
        one, other = small.percentile(page, share), long.percentile(page, share)
        rows.append(f"| {label} | {one:.0f} | {other:.0f} | **{other / one:.2f}** |")
    head = "| page of a card | small, ms | long, ms | ratio |\n|---|--:|--:|--:|"
    return "\n".join([head, *rows])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--calls", type=int, default=60, help="of each page")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        postgres() as server,
        valkey() as redis,
    ):
        values = portal.environment(
            Path(folder) / "portal",
            DATABASE_URL=server,
            REDIS_URL=redis,
            WEB_CONCURRENCY="1",
            PORT=str(free_port()),
        )
        seed = ("-m", "bench.cards_seed", str(LETTERS))
        with portal.served(seed, values=values, folder=Path(folder) / "portal") as token:
            cookie = dict(token.headers)["Authorization"].removeprefix("Bearer ")
            sides = measure(Target(token.url, (("Cookie", cookie),)), arguments.calls)
    text = (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()} one portal of one "
        f"worker over PostgreSQL; a long card of {LETTERS:,} letters of Markdown, a small one of "
        f"some 2,000; {arguments.calls} calls of each in turn.\n\n{table(sides)}"
    )
    print(text)
    if arguments.write:
        head, _, rest = PAGE.read_text().partition(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}\n\n{text}\n\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
