"""A ledger of ten thousand to a million entries: what verifying it costs, and what a proof does.

Started by bench/ledger.py, which names database and sizes; prints JSON. The entries are made
here, without the records that they speak of, and verified like any others.
"""

from __future__ import annotations

import json
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from statistics import median
from typing import Any
from uuid import UUID

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402

from governance.audit import triggers  # noqa: E402
from governance.audit.anchors import gather  # noqa: E402
from governance.audit.checkpointing import make_checkpoint  # noqa: E402
from governance.audit.models import LedgerStream  # noqa: E402
from governance.audit.rules import CONSOLE, DOMAIN, FORMAT, GENESIS, stream_id  # noqa: E402
from governance.audit.tree import Tree  # noqa: E402
from governance.audit.verification import verify, verify_new  # noqa: E402

STREAMS, PROOFS, CHUNK = 1_000, 200, 5_000
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
COLUMNS = (
    "id", "stream_id", "seq", "at", "verb", "subject", "actor", "source", "request_id",
    "previous", "hash", "text",
)  # fmt: skip
IS_POSTGRESQL = connection.vendor == "postgresql"
ACTOR = f"service:{UUID(int=7)}"


class Streams:
    """A thousand models' streams, written on round by round."""

    def __init__(self) -> None:
        self.names = [f"model:{UUID(int=number)}" for number in range(1, STREAMS + 1)]
        self.heads = dict.fromkeys(self.names, (0, GENESIS))
        self.written = 0

    def grow(self, size: int) -> None:
        """Write entries until there are `size`."""
        with transaction.atomic():
            while self.written < size:
                _insert(list(self._rows(min(CHUNK, size - self.written))))
            for name, (seq, head) in self.heads.items():
                row = LedgerStream(id=stream_id(name), name=name, seq=seq, head=head)
                row.save(force_insert=not LedgerStream.objects.filter(pk=row.pk).exists())

    def _rows(self, count: int) -> Iterator[tuple[Any, ...]]:
        for _ in range(count):
            name = self.names[self.written % STREAMS]
            self.written += 1
            yield self._row(name, BEGAN + timedelta(seconds=self.written))

    def _row(self, name: str, at: datetime) -> tuple[Any, ...]:
        seq, previous = self.heads[name]
        seq, number = seq + 1, self.written
        verb, subject, request = "evaluation.recorded", f"version:{UUID(int=number)}", "a" * 32
        text = (
            f'{{"actor":"{ACTOR}","at":"{at:%Y-%m-%dT%H:%M:%S.%fZ}","facts":{{"metric":"accuracy",'
            f'"rows":{number},"value":"0.8225"}},"format":"{FORMAT}","request":"{request}",'
            f'"seq":{seq},"source":"MLFLOW","states":[["evaluation:{UUID(int=number)}",'
            f'"{"ab" * 32}"],["prose:{UUID(int=number)}","{"cd" * 32}"]],"stream":"{name}",'
            f'"subject":"{subject}","verb":"{verb}"}}'
        )
        digest = sha256(DOMAIN + bytes.fromhex(previous) + text.encode()).hexdigest()
        self.heads[name] = (seq, digest)
        key, stream = UUID(hex=digest[:32]), stream_id(name)
        return (
            key if IS_POSTGRESQL else key.hex,
            stream if IS_POSTGRESQL else stream.hex,
            seq,
            at if IS_POSTGRESQL else str(at.replace(tzinfo=None)),
            *(verb, subject, ACTOR, "MLFLOW", request, previous, digest, text),
        )


def _insert(rows: list[tuple[Any, ...]]) -> None:
    named = ", ".join(COLUMNS)
    with connection.cursor() as cursor:
        if IS_POSTGRESQL:
            with cursor.cursor.copy(f"COPY audit_ledgerentry ({named}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO audit_ledgerentry ({named}) VALUES ({marks})", rows)


def read_and_hash() -> int:
    """The floor: every text read and hashed over the hash before it, nothing else."""
    count = 0
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute("SELECT previous, hash, text FROM audit_ledgerentry ORDER BY stream_id, seq")
        while rows := cursor.fetchmany(500):
            for previous, digest, text in rows:
                found = sha256(DOMAIN + bytes.fromhex(previous) + text.encode()).hexdigest()
                assert found == digest
                count += 1
    return count


def verify_all() -> int:
    found = verify(anchors=gather())
    assert found.intact, str(found)
    return found.entries


def timed(work: Callable[[], int], times: int = 3) -> float:
    """Microseconds of processor time of this process for each entry: the best of some runs."""
    runs = []
    for _ in range(times):
        began = time.process_time()
        count = work()
        runs.append((time.process_time() - began) / count * 1e6)
    return min(runs)


def proofs(size: int) -> dict[str, float]:
    """Milliseconds of one proof, its rows read from the database each time."""
    dice = random.Random(size)
    tree = Tree(size).root()
    assert tree

    def each(make: Callable[[], object]) -> float:
        runs = []
        for _ in range(PROOFS):
            began = time.perf_counter()
            make()
            runs.append(time.perf_counter() - began)
        return median(runs) * 1e3

    return {
        "inclusion": each(lambda: Tree(size).inclusion(dice.randrange(size))),
        "consistency": each(lambda: Tree(size).consistency(dice.randrange(1, size))),
    }


def main(sizes: list[int]) -> None:
    call_command("migrate", verbosity=0)
    triggers.remove(connection)
    streams, found = Streams(), []
    for size in sizes:
        streams.grow(size)
        began = time.perf_counter()
        point = make_checkpoint(actor=CONSOLE, at=datetime.now(UTC))
        signed = time.perf_counter() - began
        row = {"size": size, "sign_seconds": signed, "proofs": proofs(point.size)}
        if size == sizes[-1]:
            row |= {"floor": timed(read_and_hash), "verify": timed(verify_all)}
            row["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            found_new = verify_new(anchors=gather())
            row["new_intact"] = found_new.intact
        found.append(row)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
