"""What a policy may ask of its signers beyond what holds for everybody."""

from __future__ import annotations

from django.db.models import TextChoices


class Independence(TextChoices):
    """From what a signer must be independent, beyond what holds for everybody."""

    UNIT = "UNIT", "holds no role of owner or developer in the model's unit"
    VALIDATION = "VALIDATION", "did not validate the version"
