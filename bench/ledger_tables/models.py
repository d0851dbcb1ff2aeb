from __future__ import annotations

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from simple_history.models import HistoricalRecords

from governance.core.models import Record


class Finding(Record):
    """Seven fields of the kinds that the portal's records have."""

    REF = "finding"

    title = models.CharField(max_length=200)
    status = models.CharField(max_length=20)
    severity = models.PositiveSmallIntegerField()
    due_date = models.DateField()
    owner = models.CharField(max_length=150)
    body = models.TextField()
    updated_at = models.DateTimeField()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.title


class Plain(Finding):
    """Nobody is told."""


class Entered(Finding):
    """Registered with the portal's ledger."""


class Audited(Finding):
    """Registered with django-auditlog."""


class Historic(Finding):
    """django-simple-history keeps its rows."""

    history = HistoricalRecords()


auditlog.register(Audited)

if settings.ON_POSTGRESQL:
    import pghistory

    @pghistory.track()
    class Tracked(Finding):
        """Triggers of django-pghistory keep its rows."""
