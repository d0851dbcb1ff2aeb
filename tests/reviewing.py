"""What tests of cards and validations share beyond the cast."""

from __future__ import annotations

from governance.accounts.actions import grant_role
from governance.accounts.models import Unit, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.cards.rules.sections import SECTIONS
from tests.factories import NOON


def card_sections(**changed: str) -> dict[str, str]:
    """A card that says something in every section, but for what is changed."""
    return {section.key: f"What {section.title.lower()} says." for section in SECTIONS} | changed


def entries(verb: str) -> list[LedgerEntry]:
    return list(LedgerEntry.objects.filter(verb=verb).order_by("at", "seq"))


def also(user: User, role: Role, unit: Unit) -> User:
    """Give somebody one role more."""
    grant_role(user=user, role=role, unit=unit, starts_at=NOON, actor=CONSOLE, at=NOON)
    return user
