"""What frameworks ask for here: what comes with the portal, and the firm's own files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from governance.core.errors import InvalidInput
from governance.evidence.rules.requirements import RequirementSets, read_sets
from governance.inventory.firm import catalogue


def requirement_sets() -> RequirementSets:
    """Return the requirements, crosswalks and obligations that count here.

    Files are read once per process. Raises InvalidInput where a file of the firm is wrong, which
    `manage.py check` tells first.
    """
    return read_sets(catalogue(), str(settings.FRAMEWORKS_DIR))


def check_requirements(*, app_configs: Sequence[Any] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse files that say something that cannot be, before anybody asks for it."""
    try:
        frameworks = catalogue()
    except InvalidInput:
        return []
    try:
        read_sets(frameworks, str(settings.FRAMEWORKS_DIR))
    except InvalidInput as refused:
        return [
            Error(
                f"{one.field}: {one.message} [{one.rule}]",
                hint="docs/frameworks.md",
                id="evidence.E001",
            )
            for one in refused.problems
        ]
    return []
