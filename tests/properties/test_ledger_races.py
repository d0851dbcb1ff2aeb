"""Many writers at once: every stream stays one line without a gap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from governance.audit.anchors import gather
from governance.audit.checkpointing import make_checkpoint
from governance.audit.followers import FOLLOWERS, catch_up, follows
from governance.audit.models import (
    FollowerCursor,
    LedgerCheckpoint,
    LedgerEntry,
    LedgerLeaf,
    LedgerStream,
)
from governance.audit.tree import Tree
from governance.audit.verification import verify
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

WRITERS = 16
EACH = 8


def at_once(work: Callable[[int], None], *, count: int = WRITERS) -> None:
    """Run `work` in `count` threads that begin together; raise what any of them raised."""
    barrier = Barrier(count)

    def run(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(run, number) for number in range(count)]:
            done.result()


def test_sixteen_writers_on_a_new_stream_leave_one_unbroken_line() -> None:
    at_once(lambda number: [act(MODEL, writer=number) for _ in range(EACH)] and None)
    report = verify()
    assert str(report) == "The ledger is intact: 128 entries in 1 stream verify."
    assert LedgerStream.objects.get().seq == WRITERS * EACH
    by_writer = Counter(entry.facts["writer"] for entry in LedgerEntry.objects.all())
    assert set(by_writer.values()) == {EACH}


def test_writers_that_give_up_leave_no_gap() -> None:
    def work(number: int) -> None:
        for turn in range(EACH):
            with transaction.atomic():
                act(MODEL, writer=number)
                transaction.set_rollback((number + turn) % 2 == 0)

    at_once(work)
    assert verify().intact
    assert LedgerEntry.objects.count() == WRITERS * EACH // 2


def test_verification_beside_writers_sees_no_break() -> None:
    act(MODEL)

    def work(number: int) -> None:
        for _ in range(EACH):
            if number % 4:
                act(MODEL, writer=number)
            else:
                assert verify().intact

    at_once(work)


def test_a_follower_beside_writers_sees_every_entry_once() -> None:
    seen: list[tuple[str, int]] = []

    @follows("unit.created")
    def watch(entry: LedgerEntry) -> None:
        seen.append((entry.stream_name, entry.seq))

    name = next(name for name in FOLLOWERS if name.endswith("watch"))

    def work(number: int) -> None:
        for _ in range(EACH):
            if number < 4:
                catch_up(name)
            else:
                act("firm" if number % 2 else MODEL)

    try:
        at_once(work)
        catch_up(name)
    finally:
        del FOLLOWERS[name]
    expected = {"firm": 6 * EACH, MODEL: 6 * EACH}
    assert sorted(seen) == sorted((s, n + 1) for s, last in expected.items() for n in range(last))
    assert FollowerCursor.objects.count() == 2


def test_a_sequencer_beside_writers_takes_every_entry_once() -> None:
    """Signing while others commit: each entry gets one place, in its stream's order."""
    streams = [f"model:00000000-0000-4000-8000-{number:012d}" for number in range(WRITERS)]
    points: list[LedgerCheckpoint] = []

    def work(number: int) -> None:
        for turn in range(EACH):
            if number == 0:
                at = NOON + timedelta(minutes=turn)
                points.append(make_checkpoint(actor=SOMEBODY, at=at))
            else:
                act(streams[(number + turn) % WRITERS], writer=number)

    at_once(work)
    points.append(make_checkpoint(actor=SOMEBODY, at=NOON + timedelta(hours=1)))
    assert LedgerLeaf.objects.count() == LedgerEntry.objects.count()
    placed: dict[str, int] = {}
    for name, seq in LedgerLeaf.objects.order_by("index").values_list("stream__name", "seq"):
        assert seq == placed.get(name, 0) + 1
        placed[name] = seq
    last = Tree(points[-1].size)
    for point in points:
        assert last.root_at(point.size).hex() == point.root
    assert verify(anchors=gather()).intact
