"""Where in the portal a person goes on. Addresses, because the pages are another interface."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings

from governance.approvals.models import PromotionRequest
from governance.registry.models import ModelVersion


def decision_link(request: PromotionRequest) -> str:
    return f"{settings.BASE_URL}/decisions/{request.pk}/"


def card_link(version: ModelVersion) -> str:
    model = quote(version.model.name)
    return f"{settings.BASE_URL}/models/{model}/versions/{version.number}/card/"
