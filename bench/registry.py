"""The registry's speed beside a real `mlflow server`: the same work, turn by turn, as ratios.

    ./run bench --help

All servers run at once over one PostgreSQL, each over a database of its own with the same rows.
Every operation goes to each of them in turn for a stretch of time, round after round, and a ratio
is taken within each round: a machine that slows down or speeds up does so for all alike.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench import peer, portal
from bench.load import Client, Slice, Target
from bench.operations import OPERATIONS, Data, requests
from bench.report import Cell
from tests.servers import postgres, valkey

WARM_SECONDS = 0.3
PORTAL = "portal"


@dataclass(frozen=True, kw_only=True)
class Plan:
    operations: Sequence[str]
    connections: Sequence[int]
    peers: Sequence[str]
    workers: int
    rounds: int
    seconds: float


@contextmanager
def servers(plan: Plan, data: Data) -> Iterator[dict[str, Target]]:
    """Run the portal and the peers over one PostgreSQL until the block ends."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        databases = _databases(stack.enter_context(postgres()))
        targets = {
            PORTAL: stack.enter_context(
                portal.serving(
                    database=databases["portal"],
                    redis=stack.enter_context(valkey()),
                    workers=plan.workers,
                    data=data,
                    folder=folder / PORTAL,
                )
            )
        }
        for name in plan.peers:
            kind = peer.kinds(plan.workers)[name]
            serving = peer.serving(
                kind,
                database=databases["mlflow"],
                accounts=databases["accounts"],
                folder=folder / name,
            )
            targets[name] = stack.enter_context(serving)
        if plan.peers:
            peer.fill(databases["mlflow"], data)
        yield targets


def _databases(server: str) -> dict[str, str]:
    names = ("portal", "mlflow", "accounts")
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}")
    return {name: f"{server.rpartition('/')[0]}/{name}" for name in names}


def measure(plan: Plan, data: Data, targets: dict[str, Target]) -> Iterator[Cell]:
    """Ask every server the same, in turn; yield what came of each operation."""
    for operation in plan.operations:
        for connections in plan.connections:
            slices: dict[str, list[Slice]] = {name: [] for name in targets}
            asked = {
                name: requests(
                    operation, data, headers=target.headers, seed=f"{operation} {connections}"
                )
                for name, target in targets.items()
            }
            clients = {
                name: Client(target.url, connections=connections)
                for name, target in targets.items()
            }
            for turn in range(plan.rounds):
                for name in _rotated(list(targets), turn):
                    clients[name].run(asked[name], seconds=WARM_SECONDS)
                    slices[name].append(clients[name].run(asked[name], seconds=plan.seconds))
            yield Cell(
                operation=operation, connections=connections, versions=data.size, slices=slices
            )


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
    cells = []
    with servers(plan, data) as targets:
        for cell in measure(plan, data, targets):
            print(cell.line(PORTAL), flush=True)
            cells.append(cell)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--versions", type=int, default=10, help="of each model")
    parser.add_argument("--peers", default="tuned,auth,default")
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    parser.add_argument("--connections", default="1,8")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="per server and round")
    return parser.parse_args()


if __name__ == "__main__":
    main()
