"""What stands written about versions."""

from __future__ import annotations

from django.db.models import QuerySet

from governance.registry.models import ModelVersion, VersionComment


def standing_comments() -> QuerySet[VersionComment]:
    """Return every comment that nobody took back, oldest first."""
    return (
        VersionComment.objects.filter(removed_at=None)
        .select_related("author", "body", "version__model__unit")
        .order_by("written_at", "pk")
    )


def comments_on(version: ModelVersion) -> list[VersionComment]:
    return list(standing_comments().filter(version=version))
