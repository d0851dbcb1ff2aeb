"""The registry's speed beside a real `mlflow server`: the same work, turn by turn, as ratios.

    ./run bench              print; --help names what can be chosen
    ./run bench --write      put the tables into docs/performance.md too

All servers run at once over one PostgreSQL, each over a database with the same rows. Every
operation goes to each of them in turn for a stretch of time, round after round, and a ratio is
taken within each round: a machine that slows down or speeds up does so for all alike.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from bench import peer, portal, report
from bench.load import Client, Slice, Target
from bench.operations import OPERATIONS, Data, requests
from bench.report import Cell, Pair
from tests.servers import postgres, valkey

WARM_SECONDS = 0.2
HEAT_SECONDS = 0.6
"""The first calls of a server import half of it; they are no part of any round."""
PORTAL = "portal"
PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is asked, of whom, how often."""

    operations: Sequence[str]
    connections: Sequence[int]
    peers: Sequence[str]
    workers: int
    rounds: int
    seconds: float


@dataclass(frozen=True)
class Asked:
    """A server and the data behind it."""

    target: Target
    data: Data


@contextmanager
def beside_peers(plan: Plan, data: Data) -> Iterator[dict[str, Asked]]:
    """Run the portal and the peers over one PostgreSQL until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(postgres())
        portals = _portals(stack, server, folder, plan, {PORTAL: data})
        database, accounts = _database(server, "mlflow"), _database(server, "accounts")
        peers = {}
        for name in plan.peers:
            kind = peer.kinds(plan.workers)[name]
            serving = peer.serving(kind, database=database, accounts=accounts, folder=folder / name)
            peers[name] = Asked(stack.enter_context(serving), data)
        if peers:
            peer.fill(database, data)
        yield portals | peers


@contextmanager
def little_and_much(plan: Plan, sizes: Mapping[str, Data]) -> Iterator[dict[str, Asked]]:
    """Run one portal for each amount of data."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        server = stack.enter_context(postgres())
        yield _portals(stack, server, folder, plan, sizes)


def _portals(
    stack: ExitStack, server: str, folder: Path, plan: Plan, sizes: Mapping[str, Data]
) -> dict[str, Asked]:
    redis = stack.enter_context(valkey())
    portals = {}
    for number, (name, data) in enumerate(sizes.items()):
        serving = portal.serving(
            database=_database(server, f"portal{number}"),
            redis=redis,
            workers=plan.workers,
            data=data,
            folder=folder / f"portal{number}",
        )
        portals[name] = Asked(stack.enter_context(serving), data)
    return portals


def _database(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server.rpartition('/')[0]}/{name}"


def measure(plan: Plan, servers: Mapping[str, Asked]) -> Iterator[Cell]:
    """Ask every server the same, in turn; yield what came of each operation."""
    for asked in servers.values():
        _heat(plan, asked)
    for operation in plan.operations:
        for connections in plan.connections:
            yield _cell(plan, servers, operation, connections)


def _cell(plan: Plan, servers: Mapping[str, Asked], operation: str, connections: int) -> Cell:
    slices: dict[str, list[Slice]] = {name: [] for name in servers}
    clients = {
        name: Client(one.target.url, connections=connections) for name, one in servers.items()
    }
    scripts = {name: _script(asked, operation, connections) for name, asked in servers.items()}
    for turn in range(plan.rounds):
        for name in _rotated(list(servers), turn):
            clients[name].run(scripts[name], seconds=WARM_SECONDS)
            slices[name].append(clients[name].run(scripts[name], seconds=plan.seconds))
    return Cell(operation=operation, connections=connections, slices=slices)


def _script(asked: Asked, operation: str, connections: int) -> Iterator[bytes]:
    seed = f"{operation} {connections}"
    return requests(operation, asked.data, headers=asked.target.headers, seed=seed)


def _heat(plan: Plan, asked: Asked) -> None:
    for operation in plan.operations:
        client = Client(asked.target.url, connections=8)
        client.run(_script(asked, operation, 0), seconds=HEAT_SECONDS)


def _rotated(names: list[str], turn: int) -> list[str]:
    start = turn % len(names)
    return names[start:] + names[:start]


def main() -> None:
    arguments = _arguments()
    plan = Plan(
        operations=arguments.operations.split(","),
        connections=[int(number) for number in arguments.connections.split(",")],
        peers=[name for name in arguments.peers.split(",") if name],
        workers=arguments.workers,
        rounds=arguments.rounds,
        seconds=arguments.seconds,
    )
    data = Data(arguments.models, arguments.versions)
    parts = [_head(plan, data)]
    if plan.peers:
        with beside_peers(plan, data) as servers:
            parts.append(report.peers_table(_shown(plan, servers), PORTAL))
    if arguments.growth:
        parts.append(_growth(plan, data, arguments.growth))
    print("\n\n".join(parts))
    if arguments.write:
        report.write(PAGE, "\n\n".join(parts))


def _shown(plan: Plan, servers: Mapping[str, Asked]) -> list[Cell]:
    cells = []
    for cell in measure(plan, servers):
        print(cell.line(next(iter(servers))), flush=True)
        cells.append(cell)
    return cells


def _growth(plan: Plan, data: Data, times: int) -> str:
    """Measure the portal over so many times the data, in turn with one over the data itself."""
    much = Data(data.models * times, data.versions)
    few, many = f"{data.size:,} versions", f"{much.size:,} versions"
    with little_and_much(plan, {few: data, many: much}) as servers:
        cells = _shown(plan, servers)
    return report.growth_table([Pair(cell=cell, few=few, many=many) for cell in cells])


def _head(plan: Plan, data: Data) -> str:
    peers = "\n".join(f"- `{name}`: {peer.kinds(plan.workers)[name].label}" for name in plan.peers)
    return (
        f"Measured {datetime.now(UTC):%Y-%m-%d %H:%M} UTC on {report.machine()} "
        f"{data.models:,} models of {data.versions} versions; the portal with {plan.workers} "
        f"workers; {plan.rounds} rounds of {plan.seconds:g} s for each cell. Rates and percentiles "
        f"are medians of the rounds, ratios the median of the ratios within a round.\n\n"
        f"- `{PORTAL}`: {plan.workers} workers, authenticating a service account\n{peers}"
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--versions", type=int, default=10, help="of each model")
    parser.add_argument("--peers", default="tuned,auth,default", help="any of them; empty for none")
    parser.add_argument("--growth", type=int, default=10, help="so many times the data; 0 for not")
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    parser.add_argument("--connections", default="1,8")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="per server and round")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    return parser.parse_args()


if __name__ == "__main__":
    # A polite stop must reach the `finally` blocks, so that no server outlives this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    main()
