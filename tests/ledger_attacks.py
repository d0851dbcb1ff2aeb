"""What somebody could do who owns the database and has the source, with the triggers away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db import connection

from governance.audit import sequencing
from governance.audit.models import LedgerEntry, LedgerStream
from governance.audit.rules import GENESIS, entry_hash, front_of
from governance.core.canonical import canonical

Texts = list[dict[str, Any]]

TREE = ("checkpointcopy", "ledgercheckpoint", "ledgerleaf", "ledgertile", "ledgersequence")


def change(sql: str, *params: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def texts_of(stream: str) -> Texts:
    return [entry.body for entry in LedgerEntry.objects.of_stream(stream).order_by("seq")]


def write_stream(stream: str, bodies: Iterable[dict[str, Any]]) -> None:
    """Put these entries in the place of the stream's, every hash and number computed anew."""
    key = LedgerStream.objects.values_list("pk", flat=True).get(name=stream)
    sql_key = key.hex if connection.vendor == "sqlite" else str(key)
    change("DELETE FROM audit_ledgerentry WHERE stream_id = %s", sql_key)
    head, rows = GENESIS, []
    for seq, given in enumerate(bodies, 1):
        body = given | {"seq": seq, "stream": stream}
        text = canonical(body)
        digest = entry_hash(previous=head, text=text)
        rows.append(
            LedgerEntry(
                id=front_of(digest), stream_id=key, seq=seq, at=body["at"], verb=body["verb"],
                subject=body["subject"], actor=body["actor"], source=body["source"],
                request_id=body["request"], previous=head, hash=digest, text=text,
            )
        )  # fmt: skip
        head = digest
    LedgerEntry.objects.bulk_create(rows)
    LedgerStream.objects.filter(pk=key).update(seq=len(rows), head=head)


def rewrite(stream: str, edit: Callable[[Texts], Texts]) -> None:
    write_stream(stream, edit(texts_of(stream)))


def cut_off(stream: str, *, keep: int) -> None:
    """Remove the last entries of a stream and move its head back."""
    rewrite(stream, lambda bodies: bodies[:keep])


def drop_tree() -> None:
    """Forget that there ever was a tree, or a checkpoint."""
    for table in TREE:
        change(f"DELETE FROM audit_{table}")


def rebuild_tree() -> None:
    """Make the tree anew of what the entries are by now. Nobody but the signer can sign it."""
    drop_tree()
    while sequencing.take_in():
        pass
