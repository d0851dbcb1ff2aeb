"""The packs that were built: their digests stay, whatever becomes of the files."""

from __future__ import annotations

from datetime import datetime

from django.db import models

from governance.accounts.rules import Actor
from governance.core.models import Record
from governance.evidence.rules.packs import reference
from governance.inventory.models import Model


class PackQuerySet(models.QuerySet["Pack"]):
    def visible_to(self, actor: Actor, *, at: datetime) -> PackQuerySet:
        return self.filter(model__in=Model.objects.visible_to(actor, at=at))

    def newest_first(self) -> PackQuerySet:
        return self.select_related("model").order_by("-built_at", "-id")


class Pack(Record):
    """One evidence pack. `folder` lies under PACK_DIR; `head` is the last entry it includes."""

    REF = "pack"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="packs")
    content_digest = models.CharField(max_length=64)
    file_digest = models.CharField(max_length=64)
    folder = models.CharField(max_length=60)
    pdf_size = models.PositiveBigIntegerField()
    evidence_size = models.PositiveBigIntegerField()
    pages = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    head = models.CharField(max_length=64)
    built_by = models.CharField(max_length=60)
    built_at = models.DateTimeField()
    job = models.UUIDField(null=True, unique=True)

    objects = PackQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["model", "-built_at"], name="pack_by_model")]

    def __str__(self) -> str:
        return f"{self.reference} of {self.model.name}"

    @property
    def reference(self) -> str:
        return reference(self.content_digest)

    @property
    def pdf_name(self) -> str:
        return f"{self.reference}.pdf"
