"""Words of lineage."""

from __future__ import annotations

from django.db.models import TextChoices


class DataPurpose(TextChoices):
    TRAINING = "TRAINING", "Training"
    EVALUATION = "EVALUATION", "Evaluation"
    OTHER = "OTHER", "Other"


class ParentRelation(TextChoices):
    COPIED = "COPIED", "Copied from"
    FINE_TUNED = "FINE_TUNED", "Fine-tuned from"
    DISTILLED = "DISTILLED", "Distilled from"
    DERIVED = "DERIVED", "Derived from"


class LineageOrigin(TextChoices):
    REGISTERED = "REGISTERED", "Stated at registration"
    OPENLINEAGE = "OPENLINEAGE", "Reported by OpenLineage"


class LineageFactKind(TextChoices):
    GIT_COMMIT = "GIT_COMMIT", "Commit"
    FEATURE_CODE = "FEATURE_CODE", "Feature code"
    CONTAINER_IMAGE = "CONTAINER_IMAGE", "Container image"
    PARAMETER = "PARAMETER", "Parameter"
