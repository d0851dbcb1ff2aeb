"""The packs that were built, what they are of, and who took them away: their digests stay, whatever
becomes of the files."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property

from django.db import models
from django.db.models import Exists, OuterRef, Q

from governance.accounts.rules import Actor
from governance.audit.models import DIGEST
from governance.core.models import Record
from governance.evidence.rules.packs import reference
from governance.evidence.rules.scopes import PackScope, ScopeKind, read_scope
from governance.inventory.models import Model
from governance.inventory.queries.ledger import reads_ledger


class PackQuerySet(models.QuerySet["Pack"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> PackQuerySet:
        """Keep those of which the actor may see every model, and every stream."""
        seen = Model.objects.visible_to(actor, at=at)
        unseen = PackModel.objects.filter(pack=OuterRef("pk")).exclude(model__in=seen)
        found = self.filter(Q(model=None) | Q(model__in=seen)).exclude(Exists(unseen))
        return found if reads_ledger(actor, at=at) else found.filter(streams="")

    def newest_first(self) -> PackQuerySet:
        return self.select_related("model").order_by("-built_at", "-id")


class Pack(Record):
    """One evidence pack. `folder` lies under PACK_DIR.

    `model` is the only one it is of; of a pack of several, `members` are the models. `scope` is the
    text of what was asked for; packs that were built before there was any choice have none, and are
    of their model. `entries` counts those of all streams; `head` is the last entry that it includes
    of the only one, and empty where there are several. `seal` is the SHA-256 of the certificate
    that the PDF is sealed by, empty in packs from before there were seals; `timestamped_at` what a
    time-stamping authority said, where one was asked, and `timestamp_missing` why it said nothing.
    """

    REF = "pack"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="packs", null=True)
    kind = models.CharField(max_length=12, choices=ScopeKind.choices, blank=True)
    scope = models.TextField(blank=True)
    streams = models.CharField(max_length=100, blank=True)
    content_digest = models.CharField(max_length=DIGEST)
    file_digest = models.CharField(max_length=DIGEST)
    folder = models.CharField(max_length=60)
    pdf_size = models.PositiveBigIntegerField()
    evidence_size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    head = models.CharField(max_length=DIGEST, blank=True)
    seal = models.CharField(max_length=DIGEST, default="", blank=True)
    seal_holder = models.CharField(max_length=200, default="", blank=True)
    seal_is_self_made = models.BooleanField(default=False)
    timestamped_at = models.DateTimeField(null=True)
    timestamp_missing = models.CharField(max_length=300, default="", blank=True)
    built_by = models.CharField(max_length=60)
    built_at = models.DateTimeField()
    job = models.UUIDField(null=True, unique=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="") | Q(kind__in=ScopeKind.values), name="pack_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(model__isnull=False) | ~Q(scope=""), name="pack_is_of_something"
            ),
        ]
        indexes = [
            models.Index(fields=["model", "-built_at"], name="pack_by_model"),
            models.Index(fields=["-built_at"], name="pack_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} of {self.title}"

    @property
    def reference(self) -> str:
        return reference(self.content_digest)

    @property
    def pdf_name(self) -> str:
        return f"{self.reference}.pdf"

    @cached_property
    def of(self) -> PackScope:
        """What it is of. A pack from before there was a choice is of its model, whole."""
        if self.scope or self.model is None:
            return read_scope(self.scope)
        return PackScope(kind=ScopeKind.MODEL, title=self.model.name, models=(self.model.ref,))

    @property
    def title(self) -> str:
        return self.of.sentence


class PackModel(Record):
    """That a model stands in a pack of several."""

    REF = "pack_model"

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="members")
    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="pack_memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pack", "model"], name="model_once_in_a_pack")
        ]

    def __str__(self) -> str:
        return f"{self.model} in {self.pack}"


class PackDownload(Record):
    """That somebody took a file of a pack away."""

    REF = "pack_download"

    pack = models.ForeignKey(Pack, on_delete=models.PROTECT, related_name="downloads")
    name = models.CharField(max_length=60)
    downloaded_by = models.CharField(max_length=60)
    downloaded_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pack", "-downloaded_at"], name="download_by_pack")]

    def __str__(self) -> str:
        return f"{self.name} by {self.downloaded_by}"
