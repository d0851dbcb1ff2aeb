"""Where in the portal a person goes on. Addresses, because the pages are another interface."""

from __future__ import annotations

from django.conf import settings

from governance.approvals.models import PromotionRequest


def decision_link(request: PromotionRequest) -> str:
    return f"{settings.BASE_URL}/decisions/{request.pk}/"
