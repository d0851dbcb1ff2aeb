"""Reads of what was said of the sections of a model's cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from governance.cards.models import CardComment
from governance.core.grouping import by_key
from governance.inventory.models import Model


def comments_on(model: Model) -> Mapping[str, Sequence[CardComment]]:
    """Return what is not settled yet, by section, oldest first, of all versions of the model: a
    comment stays with its section until somebody settles it.
    """
    rows = (
        CardComment.objects.filter(version__model=model, settled_at=None)
        .select_related("author", "body", "revision", "version")
        .order_by("written_at")
    )
    return by_key(rows, lambda row: row.section)


def settled_comments(model: Model) -> list[CardComment]:
    """Return what was settled, newest first."""
    return list(
        CardComment.objects.filter(version__model=model, settled_at__isnull=False)
        .select_related("author", "body", "revision", "version", "settled_by")
        .order_by("-settled_at")
    )
