"""Where in the portal a person goes on. Addresses, because the pages are another interface."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings


def decision_link(request_id: object) -> str:
    return f"{settings.BASE_URL}/decisions/{request_id}/"


def model_link(name: str) -> str:
    return f"{settings.BASE_URL}/models/{quote(name, safe='')}/"
