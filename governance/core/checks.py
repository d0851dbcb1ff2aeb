"""What production refuses, beside Django's own list: `manage.py check --deploy`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error


def check_no_demo(**_: Any) -> list[CheckMessage]:
    """The demo's passwords are printed on its sign-in page."""
    if not settings.DEMO:
        return []
    hint = "Unset DEMO."
    return [Error("DEMO is on: its accounts' passwords are public.", hint=hint, id="core.E001")]


def check_policy_set(**_: Any) -> list[CheckMessage]:
    """The policy set open is for trials and measurements."""
    if settings.POLICY_SET != "open":
        return []
    hint = "Unset POLICY_SET."
    message = "POLICY_SET is open: any version may go to Production, and nobody signs."
    return [Error(message, hint=hint, id="core.E003")]


def check_no_demo_people(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    people = get_user_model().objects.filter(is_demo=True, is_active=True)
    if not databases or not people.exists():
        return []
    hint = "Point DATABASE_URL to a database in which ./run demo never ran."
    return [Error("The database holds accounts of the demo.", hint=hint, id="core.E002")]
