"""Slots: how they are named, and who may do what in them without a decision."""

from __future__ import annotations

import re

from governance.core.errors import InvalidInput, Refused, WrongState, invalid
from governance.registry.rules.stages import SlotRole

MAX_SLOT = 80
DEFAULT_SLOT = "primary"
"""The slot that every model has from its first version on: MLflow's stage Production."""

LIVE_ROLES = (SlotRole.CHAMPION, SlotRole.CANARY)
"""The roles that answer live traffic. Nobody gets one without an authorization."""

FREE_ROLES = (SlotRole.CHALLENGER, SlotRole.SHADOW)
"""The roles that answer nobody, so whoever keeps the slots gives them."""

_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)+")


class SlotTaken(WrongState):
    code = "slot_taken"


class AliasTaken(WrongState):
    """The alias means something else of this model already."""

    code = "alias_taken"


class SlotIsLive(WrongState):
    """Something answers live traffic there, and clients reach it by the alias as it is."""

    code = "slot_is_live"


class RoleUnchanged(WrongState):
    """The version has a role in the slot that this call cannot change."""

    code = "role_unchanged"


class NotInSlot(WrongState):
    """The version has no role in the slot that this call could end or change."""

    code = "not_in_slot"


class VersionRetired(WrongState):
    """What is archived or removed serves nowhere."""

    code = "version_retired"


class RoleNeedsDecision(Refused):
    """The role answers live traffic, so it takes a promotion request and its signatures."""

    code = "role_needs_decision"


def check_slot_name(name: str) -> None:
    """Raise InvalidInput unless the name is one such as `eu-retail/primary`."""
    if len(name) > MAX_SLOT:
        raise _wrong_name("length", f"A slot's name has at most {MAX_SLOT} characters.")
    if not _NAME.fullmatch(name):
        raise _wrong_name(
            "characters",
            "A slot's name is like eu-retail/primary: small letters, digits and dashes, in two "
            "or more parts with a slash between them.",
        )


def alias_for(name: str) -> str:
    """Return the alias that a slot gets unless another is asked for."""
    return name.replace("/", "-")


def check_share(share: int) -> None:
    """Raise InvalidInput unless this is a percentage that leaves the champion something."""
    if not 1 <= share <= 99:
        raise invalid("share", "range", "A canary's share is from 1 to 99 percent.")


def _wrong_name(rule: str, message: str) -> InvalidInput:
    return invalid("name", rule, message)
