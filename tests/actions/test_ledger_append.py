"""Appending: in the transaction of the change, chained, with everything in the text."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import models, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import isolate_apps

from governance.audit import registration, wake
from governance.audit.actions import OutsideTransaction, append, record_refusal, write_prose
from governance.audit.models import LedgerEntry, LedgerStream, Prose, Verification
from governance.audit.origin import OriginMiddleware, current, origin, source_of
from governance.audit.registration import register, snapshot, state
from governance.audit.rules import GENESIS, NotAdmissible, Source, Verb, entry_hash
from governance.core.errors import NotAllowed
from governance.core.models import Record
from tests.ledger_entries import MODEL, NOON, SOMEBODY, act

pytestmark = pytest.mark.backend


def refuse(*, minute: int = 0, call: str = "registry.move", stream: str = MODEL, **facts: object):  # type: ignore[no-untyped-def]
    return record_refusal(
        call=call,
        actor=SOMEBODY,
        subject=MODEL,
        stream=stream,
        error=NotAllowed("You may not.", **facts),
        at=NOON + timedelta(minutes=minute),
    )


@pytest.mark.django_db
def test_entries_are_chained_and_numbered_by_stream() -> None:
    first, other, second = act("firm"), act(MODEL), act("firm")
    assert (first.seq, other.seq, second.seq) == (1, 1, 2)
    assert (first.previous, other.previous, second.previous) == (GENESIS, GENESIS, first.hash)
    stream = LedgerStream.objects.get(name="firm")
    assert (stream.seq, stream.head) == (2, second.hash)


@pytest.mark.django_db
def test_the_text_is_the_entry_and_the_columns_are_copies() -> None:
    with origin(Source.API, "request-7"):
        entry = act(MODEL, tier=2)
    entry.refresh_from_db()
    assert entry_hash(previous=entry.previous, text=entry.text) == entry.hash
    assert entry.body | {"facts": {}, "states": []} == {
        "format": "countersign.ledger.entry/1",
        "stream": MODEL,
        "seq": 1,
        "at": "2026-11-19T12:00:00.000000Z",
        "verb": entry.verb,
        "subject": entry.subject,
        "actor": entry.actor,
        "source": "API",
        "request": "request-7",
        "facts": {},
        "states": [],
    }
    assert (entry.at, entry.source, entry.request_id) == (NOON, "API", "request-7")
    assert entry.facts == {"tier": 2}


@pytest.mark.django_db
def test_states_are_sorted_and_each_record_stands_once() -> None:
    with transaction.atomic():
        one, two = write_prose("one"), write_prose("two")
        entry = act(records=(two, one, two))
    assert entry.body["states"] == sorted([[one.ref, state(one)], [two.ref, state(two)]])


@pytest.mark.django_db
def test_a_record_that_nobody_registered_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(registration.REGISTERED, Prose)
    with transaction.atomic():
        prose = write_prose("one")
        with pytest.raises(LookupError, match="Prose"):
            act(records=(prose,))


@pytest.mark.django_db(transaction=True)
def test_append_outside_a_transaction_is_refused() -> None:
    with pytest.raises(OutsideTransaction):
        append(
            verb=Verb.UNIT_CREATED,
            stream="firm",
            subject="firm",
            actor=SOMEBODY,
            at=NOON,
            facts={},
            records=(),
        )
    assert not LedgerStream.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_may_not_stand_in_an_entry_leaves_nothing_behind() -> None:
    with pytest.raises(NotAdmissible):
        act(reason="line\nbreak")
    assert not LedgerStream.objects.exists()
    assert not LedgerEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_entry_leaves_no_gap() -> None:
    act("firm")
    with transaction.atomic():
        act("firm")
        transaction.set_rollback(True)
    assert act("firm").seq == 2


@pytest.mark.django_db(transaction=True)
def test_listeners_are_woken_after_the_commit_only(monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr(wake, "_listeners", [])
    wake.on_wake(lambda: woken.append(LedgerEntry.objects.count()))
    with transaction.atomic():
        act("firm")
        assert woken == []
    assert woken == [1]


@pytest.mark.django_db
def test_prose_keeps_its_salted_digest() -> None:
    prose = write_prose("Because.")
    assert prose.digest == hashlib.sha256(f"{prose.salt}Because.".encode()).hexdigest()
    assert write_prose("Because.").digest != prose.digest
    assert snapshot(prose) == {"id": prose.pk, "digest": prose.digest}


# What a snapshot holds


@pytest.mark.django_db
def test_a_snapshot_is_the_same_before_and_after_the_database() -> None:
    row = Verification.objects.create(at=NOON, intact=True, streams=1, entries="3", kind="")
    before = snapshot(row)
    assert before == snapshot(Verification.objects.get())
    assert before["entries"] == 3
    assert "kind" not in before
    assert "seq" not in before


@isolate_apps("governance.core")
def test_a_snapshot_takes_values_as_the_column_will_hold_them() -> None:
    class Measured(Record):
        REF = "measured"
        value = models.DecimalField(max_digits=20, decimal_places=6)
        secret = models.CharField(max_length=10)
        day = models.DateField()
        raw = models.BinaryField()
        comment = models.ForeignKey(Prose, null=True, on_delete=models.PROTECT)

        class Meta:
            app_label = "core"

    register(Measured, exclude=("secret",), extra=lambda row: {"builders": ["user:a"]})
    try:
        comment = Prose(text="x", digest="ab" * 32)
        row = Measured(value="0.5", secret="s", day="2026-11-19", raw=b"\x01\xff", comment=comment)
        assert snapshot(row) == {
            "id": row.pk,
            "salt": row.salt,
            "value": Decimal("0.500000"),
            "day": NOON.date(),
            "raw": "01ff",
            "comment_id": comment.pk,
            "comment_sha256": "ab" * 32,
            "builders": ["user:a"],
        }
        assert "0.500000" in str(snapshot(row)["value"])
    finally:
        del registration.REGISTERED[Measured]


# Refusals


@pytest.mark.django_db
def test_a_refusal_is_recorded_without_its_message() -> None:
    entry = refuse(to="Production", reason="some\nprose")
    assert entry.verb == Verb.CALL_REFUSED
    assert entry.facts == {"call": "registry.move", "rule": "not_allowed", "to": "Production"}


@pytest.mark.django_db
def test_the_same_refusal_again_is_one_refusal() -> None:
    assert refuse(to="Production") is not None
    assert refuse(to="Production", minute=1) is None
    assert refuse(call="registry.tag") is not None
    assert refuse(to="Production", minute=2) is None
    assert refuse(to="Staging", minute=3) is not None
    assert refuse(to="Production", minute=4) is not None
    assert refuse(to="Production", stream="firm") is not None
    assert LedgerEntry.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_a_refusal_inside_a_transaction_is_a_fault() -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        refuse()


# Where an act comes from


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("/", Source.PAGE),
        ("/models/x/", Source.PAGE),
        ("/api/v1/models", Source.API),
        ("/api/2.0/mlflow/registered-models/create", Source.MLFLOW),
        ("/ajax-api/2.0/mlflow/model-versions/get", Source.MLFLOW),
        ("/admin/", Source.ADMIN),
        ("/administrators/", Source.PAGE),
    ],
)
def test_the_path_names_the_source(path: str, source: Source) -> None:
    assert source_of(path) == source


@pytest.mark.parametrize(
    ("asked", "kept"),
    [("ticket-4711", True), ("", False), ("x" * 65, False), ("a b", False), ("é", False)],
)
def test_a_plain_request_id_is_taken_over_and_answered(asked: str, kept: bool) -> None:
    seen = []

    def view(request: object) -> HttpResponse:
        seen.append(current())
        return HttpResponse()

    request = RequestFactory().get("/api/v1/", headers={"X-Request-ID": asked})
    response = OriginMiddleware(view)(request)
    assert seen[0].source == Source.API
    assert response["X-Request-ID"] == seen[0].request_id
    assert (seen[0].request_id == asked) is kept
    assert current().source == Source.COMMAND
