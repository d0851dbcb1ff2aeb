"""Writers beside each other on one database: a process of its own for each, let go together.

Started by bench/ledger.py, which names the database; prints what was counted, as JSON.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID, uuid4

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.ledger_settings")
import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from bench.ledger_tables import models as tables  # noqa: E402
from governance.audit.actions import append  # noqa: E402
from governance.audit.origin import origin  # noqa: E402
from governance.audit.rules import Source, Verb  # noqa: E402
from governance.audit.verification import verify  # noqa: E402

HOT = UUID(int=0)
ACTOR = f"user:{uuid4()}"
WARM_SECONDS = 0.2


@dataclass
class Writer:
    """One process and its own row of each table."""

    rows: dict[str, Any]
    stream: UUID

    def change(self, name: str, turn: int) -> Any:
        row = self.rows[name]
        row.status = ("OPEN", "REMEDIATED")[turn % 2]
        row.severity = turn % 5
        row.updated_at = datetime.now(UTC)
        row.save()
        return row

    def save(self, name: str, turn: int) -> None:
        with transaction.atomic():
            self.change(name, turn)

    def enter(self, stream: UUID, turn: int) -> None:
        """As an action of the portal does: the row, and its entry in the same transaction."""
        with transaction.atomic():
            row = self.change("Entered", turn)
            append(
                verb=Verb.FINDING_CLOSED,
                stream=f"model:{stream}",
                subject=row.ref,
                actor=ACTOR,
                at=row.updated_at,
                facts={"status": row.status, "severity": row.severity, "due": row.due_date},
                records=[row],
            )

    def does(self, kind: str) -> Callable[[int], None]:
        if kind == "ledger":
            return lambda turn: self.enter(self.stream, turn)
        if kind == "hot":
            return lambda turn: self.enter(HOT, turn)
        return lambda turn: self.save(kind, turn)


def kinds() -> list[str]:
    """What is measured: tables by name, and the ledger on streams of one's own or on one."""
    libraries = ["Audited", "Historic", *(["Tracked"] if settings.ON_POSTGRESQL else [])]
    return ["Plain", "ledger", "hot", *libraries]


def make_writer() -> Writer:
    fields = {
        "title": "Calibration of the retail model",
        "status": "OPEN",
        "severity": 3,
        "due_date": date(2026, 12, 1),
        "owner": "user:7d3e1f20-9b8a-4c6d-8e5f-0a1b2c3d4e5f",
        "body": "The upper deciles are off. " * 8,
        "updated_at": datetime.now(UTC),
    }
    names = ("Entered", *(kind for kind in kinds() if kind[0].isupper()))
    rows = {name: getattr(tables, name).objects.create(**fields) for name in names}
    return Writer(rows, uuid4())


def work(pipe: Connection, gate: Barrier) -> None:
    """Do what the pipe asks for until it asks for nothing more."""
    connection.close()
    writer = make_writer()
    with origin(Source.API):
        while asked := pipe.recv():
            kind, seconds = asked
            act = writer.does(kind)
            gate.wait()
            _for(act, WARM_SECONDS)
            gate.wait()
            pipe.send(_for(act, seconds))
    connection.close()


def _for(act: Callable[[int], None], seconds: float) -> tuple[int, float]:
    """How many times it was done, and in what time."""
    begin = now = time.perf_counter()
    turn = 0
    while now - begin < seconds:
        act(turn)
        turn += 1
        now = time.perf_counter()
    return turn, now - begin


def measure(writers: int, *, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Kind → how many a second, round by round; in each round every kind once, in turn."""
    context = multiprocessing.get_context("fork")
    gate = context.Barrier(writers)
    connection.close()
    pipes, processes = [], []
    for _ in range(writers):
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs, gate), daemon=True)
        process.start()
        pipes.append(ours)
        processes.append(process)
    rates: dict[str, list[float]] = {kind: [] for kind in kinds()}
    for turn in range(rounds):
        order = kinds()[turn % len(rates) :] + kinds()[: turn % len(rates)]
        for kind in order:
            for pipe in pipes:
                pipe.send((kind, seconds))
            counted = [pipe.recv() for pipe in pipes]
            rates[kind].append(sum(done / taken for done, taken in counted))
    for pipe, process in zip(pipes, processes, strict=True):
        pipe.send(None)
        process.join()
    return rates


def main(rounds: int, seconds: float, writers: list[int]) -> None:
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # what points to tables of the portal
    if settings.ON_POSTGRESQL:
        call_command("pgtrigger", "install", verbosity=0)
    found = {count: measure(count, rounds=rounds, seconds=seconds) for count in writers}
    examination = verify()
    if not examination.intact:
        sys.exit(f"what was measured is broken: {examination}")
    print(json.dumps({"rates": found, "entries": examination.entries}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), [int(count) for count in sys.argv[3:]])
