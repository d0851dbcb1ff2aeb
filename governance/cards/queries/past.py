"""Which card counted at a past moment."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from governance.cards.models import CardRevision
from governance.registry.models import ModelVersion


def cards_at(versions: Collection[ModelVersion], moment: datetime) -> dict[UUID, CardRevision]:
    """The newest revision of each version's card by then that nobody had withdrawn by then."""
    stood = Q(withdrawal=None) | Q(withdrawal__withdrawn_at__gt=moment)
    rows = CardRevision.objects.filter(stood, version__in=versions, published_at__lte=moment)
    return {
        row.version_id: row
        for row in rows.select_related("published_by", "version__model").order_by("number")
    }
