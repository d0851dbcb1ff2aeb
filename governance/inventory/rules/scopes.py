"""Why a model's scope of rules was computed again, and what is asked for in vain."""

from __future__ import annotations

from django.db.models import TextChoices

from governance.core.errors import NotFound


class ScopeCause(TextChoices):
    CREATED = "CREATED", "The model came into the inventory"
    RECORD = "RECORD", "The record of the model changed"
    ASSESSMENT = "ASSESSMENT", "A determination or an assessment was recorded"
    FRAMEWORKS = "FRAMEWORKS", "The frameworks, or what is said of the firm, changed"


class FrameworkNotFound(NotFound):
    code = "framework_not_found"
