"""What a record said, revision by revision: rows are only added."""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from governance.accounts.models import User
from governance.audit.models import Prose
from governance.core.models import Record
from governance.inventory.models.records import Model
from governance.inventory.rules import Kind


class RecordRevision(Record):
    """What an owner's record of a model said from `written_at` on, until the next revision.

    `content` is the canonical JSON of `queries.record_values`, kept as prose: it names people and
    holds their words, so it can be erased while its digest stays. `owner`, `kind` and `is_complete`
    are copies for searching. A carried revision was not written with the change that it shows: an
    update of the portal made it of what stood, dated by the change behind it, and no entry of the
    ledger lists it.
    """

    REF = "record_revision"

    model = models.ForeignKey(Model, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    content = models.ForeignKey(Prose, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=20, choices=Kind.choices, blank=True)
    is_complete = models.BooleanField()
    is_carried = models.BooleanField(default=False)
    written_by = models.CharField(max_length=60)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="revision_once_per_model"),
        ]
        indexes = [models.Index(fields=["model", "-written_at"], name="revision_by_model")]

    @property
    def values(self) -> dict[str, Any] | None:
        """The record as it was, by field; None once its text was erased."""
        return None if self.content.erased_at else json.loads(self.content.text)
