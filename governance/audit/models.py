"""The ledger and the prose that it only knows by digest. See docs/ledger-format.md."""

from __future__ import annotations

import json
import uuid
from functools import cached_property
from typing import Any

from django.db import models

from governance.audit import rules
from governance.core.models import Record

DIGEST = 64


class LedgerStream(models.Model):
    """The head of one stream. Locking this row is what keeps a stream's numbers without gaps."""

    id = models.UUIDField(primary_key=True, editable=False)
    name = models.CharField(max_length=64, unique=True)
    seq = models.PositiveBigIntegerField(default=0)
    head = models.CharField(max_length=DIGEST, default=rules.GENESIS)

    def __str__(self) -> str:
        return f"{self.name} #{self.seq}"


class EntryQuerySet(models.QuerySet["LedgerEntry"]):
    def newest_first(self) -> EntryQuerySet:
        """By time; entries of one act share the time and keep the order of their stream."""
        return self.order_by("-at", "-seq", "-id")

    def oldest_first(self) -> EntryQuerySet:
        return self.order_by("at", "seq", "id")

    def by_stream(self) -> EntryQuerySet:
        """Stream by stream, each in its own order: the order in which a chain is verified."""
        return self.order_by("stream_id", "seq")

    def of_stream(self, name: str) -> EntryQuerySet:
        return self.filter(stream_id=rules.stream_id(name))


class LedgerEntry(models.Model):
    """One act. `text` and `hash` are the entry; every other column is a copy for searching."""

    id = models.UUIDField(primary_key=True, editable=False)
    stream = models.ForeignKey(LedgerStream, on_delete=models.PROTECT, related_name="entries")
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    # Without `choices`: a new verb is no migration.
    verb = models.CharField(max_length=40)
    subject = models.CharField(max_length=150)
    actor = models.CharField(max_length=150)
    source = models.CharField(max_length=10)
    request_id = models.CharField(max_length=64, blank=True)
    previous = models.CharField(max_length=DIGEST)
    hash = models.CharField(max_length=DIGEST)
    text = models.TextField()

    objects = EntryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="entry_unique_in_stream")
        ]
        indexes = [
            models.Index(fields=["at", "seq"], name="entry_at"),
            models.Index(fields=["subject", "at"], name="entry_subject"),
            models.Index(fields=["actor", "at"], name="entry_actor"),
            models.Index(fields=["verb", "at"], name="entry_verb"),
            models.Index(fields=["request_id"], name="entry_request"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} #{self.seq}"

    @property
    def ref(self) -> str:
        return f"entry:{self.pk}"

    @cached_property
    def body(self) -> dict[str, Any]:
        """The parsed text, with the eleven keys of the format."""
        body: dict[str, Any] = json.loads(self.text)
        return body

    @property
    def stream_name(self) -> str:
        return str(self.body["stream"])

    @property
    def facts(self) -> dict[str, Any]:
        return dict(self.body["facts"])

    @property
    def states(self) -> dict[str, str]:
        return dict(self.body["states"])


class LedgerLeaf(models.Model):
    """The place of one entry in the tree over the whole ledger. `hash` is the leaf's, RFC 6962."""

    index = models.PositiveBigIntegerField(primary_key=True, editable=False)
    stream = models.ForeignKey(LedgerStream, on_delete=models.PROTECT, related_name="leaves")
    seq = models.PositiveBigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "seq"], name="leaf_unique_in_stream")
        ]

    def __str__(self) -> str:
        return f"leaf {self.index}"


class LedgerTile(models.Model):
    """256 hashes of the tree that never change again, as C2SP `tlog-tiles` numbers them.

    `root` is the hash over them: what the tile one level above holds of this one.
    """

    id = models.BigAutoField(primary_key=True)
    level = models.PositiveSmallIntegerField()
    number = models.PositiveBigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField(max_length=32)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["level", "number"], name="tile_unique_in_level")
        ]

    def __str__(self) -> str:
        return f"tile {self.level}/{self.number}"


class LedgerSequence(models.Model):
    """How far one stream's entries have their place in the tree. Derived from the leaves."""

    stream = models.OneToOneField(
        LedgerStream, on_delete=models.PROTECT, primary_key=True, related_name="sequence"
    )
    seq = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return f"{self.stream_id} #{self.seq}"


class LedgerCheckpoint(models.Model):
    """A signed checkpoint. What it says stands in `note`; the columns are copies."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    origin = models.CharField(max_length=200)
    size = models.PositiveBigIntegerField()
    root = models.CharField(max_length=DIGEST)
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+")
    note = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["origin", "size"], name="checkpoint_unique_size")
        ]
        indexes = [models.Index(fields=["-size"], name="checkpoint_by_size")]

    def __str__(self) -> str:
        return f"{self.origin} {self.size}"

    @property
    def ref(self) -> str:
        return f"checkpoint:{self.pk}"


class CheckpointCopy(models.Model):
    """That a target took a copy. `receipt` is what it gave for it.

    The line of a cosignature, a timestamp's answer in Base64, the version of an S3 object, a
    commit. `cosignatures` is with how many the checkpoint was copied.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    checkpoint = models.ForeignKey(
        LedgerCheckpoint, on_delete=models.PROTECT, related_name="copies"
    )
    target = models.CharField(max_length=200)
    cosignatures = models.PositiveSmallIntegerField(default=0)
    receipt = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "target", "cosignatures"], name="copy_unique_at_target"
            )
        ]
        indexes = [models.Index(fields=["target", "-at"], name="copy_by_target")]

    def __str__(self) -> str:
        return f"{self.checkpoint_id} at {self.target}"


class TargetTry(models.Model):
    """How the last attempt at a target went. Losing it repeats an attempt, no more."""

    target = models.CharField(max_length=200, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField()
    next_at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.target}: {self.failures} failures"


class Prose(Record):
    """Free text of a history row: erasable, while its digest stays with the row."""

    REF = "prose"

    text = models.TextField(blank=True)
    digest = models.CharField(max_length=DIGEST, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.text if self.erased_at is None else f"[erased {self.erased_at:%Y-%m-%d}]"


class Verification(Record):
    """The result of one verification; pages show the newest.

    `entries` are all that are known to hold by now: those walked, and the first `since`, which an
    earlier verification walked. `size` is that of the tree, `anchored` how much of it a checkpoint
    kept elsewhere covers, `rows` how many records were compared with what entries say of them.
    """

    REF = "verification"

    at = models.DateTimeField(db_index=True)
    intact = models.BooleanField()
    streams = models.PositiveBigIntegerField()
    entries = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=20, blank=True)
    stream = models.CharField(max_length=64, blank=True)
    seq = models.PositiveBigIntegerField(null=True, blank=True)
    unprotected = models.PositiveIntegerField(default=0)
    checkpoint = models.CharField(max_length=DIGEST, blank=True)
    size = models.PositiveBigIntegerField(null=True, blank=True)
    since = models.PositiveBigIntegerField(null=True, blank=True)
    anchored = models.PositiveBigIntegerField(null=True, blank=True)
    rows = models.PositiveBigIntegerField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{'intact' if self.intact else self.kind} at {self.at:%Y-%m-%d %H:%M}"


class FollowerCursor(models.Model):
    """How far one follower has read one stream. Derived: losing it repeats work, no more."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    stream = models.ForeignKey(LedgerStream, on_delete=models.PROTECT, related_name="cursors")
    seq = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "stream"], name="cursor_unique_per_stream")
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.seq}"
