"""What further sections the cards of a model have: the shipped ones, and those of the firm."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from governance.cards.rules.further import read_sections
from governance.cards.rules.sections import Section
from governance.core.errors import InvalidInput
from governance.inventory.rules import AiActClass

if TYPE_CHECKING:
    # `apps.py` imports this module, and no model may be imported before they are read.
    from governance.inventory.models import Model

SHIPPED = Path(__file__).parent / "data" / "further-sections.yaml"
HIGH_RISK = frozenset(value for value in AiActClass.values if value.startswith("HIGH_RISK"))


def further_sections_for(model: Model) -> tuple[Section, ...]:
    """Return the further sections that cards of the model are offered, the firm's first.

    Raises InvalidInput where the firm's file is wrong, which `manage.py check` tells first.
    """
    own = sections_of(str(settings.CARD_SECTIONS_FILE)) if settings.CARD_SECTIONS_FILE else ()
    if model.ai_act_class not in HIGH_RISK:
        return own
    known = {section.key for section in own}
    return (*own, *(one for one in sections_of(str(SHIPPED)) if one.key not in known))


@cache
def sections_of(path: str) -> tuple[Section, ...]:
    """Read a file of sections, once per process."""
    return read_sections(Path(path).read_text(encoding="utf-8"))


def check_sections(*, app_configs: Sequence[Any] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a file that says something that cannot be, before anybody asks for it."""
    path = str(settings.CARD_SECTIONS_FILE)
    if not path:
        return []
    try:
        sections_of(path)
    except OSError as error:
        return [_error(f"CARD_SECTIONS_FILE: {path} cannot be read: {error.strerror}.")]
    except InvalidInput as refused:
        return [_error(f"{one.field}: {one.message} [{one.rule}]") for one in refused.problems]
    return []


def _error(message: str) -> CheckMessage:
    return Error(message, hint="docs/model-cards.md", id="cards.E001")
