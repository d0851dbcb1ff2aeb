"""Stages, slots, and what authorizes a change of either."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import TextChoices

from governance.core.errors import NotFound, Refused, WrongState


class Stage(TextChoices):
    DRAFT = "DRAFT", "Draft"
    STAGING = "STAGING", "Staging"
    PRODUCTION = "PRODUCTION", "Production"
    ARCHIVED = "ARCHIVED", "Archived"


class SlotRole(TextChoices):
    """What a version does in a slot; champion and canary answer live traffic."""

    CHAMPION = "CHAMPION", "Champion"
    CANARY = "CANARY", "Canary"
    CHALLENGER = "CHALLENGER", "Challenger"
    SHADOW = "SHADOW", "Shadow"


class Verdict(TextChoices):
    """How what an instance runs compares with what was approved for its slot."""

    AGREES = "AGREES", "Runs what was approved"
    SUPERSEDED = "SUPERSEDED", "Runs what was approved before"
    UNAPPROVED = "UNAPPROVED", "Runs what nobody approved"


class Move(TextChoices):
    """Why a version changed stage."""

    PROMOTED = "PROMOTED", "Promoted"
    RETIRED = "RETIRED", "Retired by its successor"
    ROLLED_BACK = "ROLLED_BACK", "Rolled back"
    REMOVED = "REMOVED", "Removed by a rollback"
    DEMOTED = "DEMOTED", "Moved back"
    ARCHIVED = "ARCHIVED", "Archived"
    SHARED = "SHARED", "Given a share of live traffic"
    EMERGENCY = "EMERGENCY", "Promoted in an emergency"
    CONFIRMED = "CONFIRMED", "Confirmed in service"


class VersionNotFound(NotFound):
    code = "version_not_found"


class SlotNotOfModel(NotFound):
    code = "slot_not_found"


class StageUnchanged(WrongState):
    code = "stage_unchanged"


class TooMuchTraffic(WrongState):
    """Canaries would have more of a slot's traffic than there is beside its champion."""

    code = "too_much_traffic"


class AuthorizationMismatch(Refused):
    """An authorization was used for something else than what it authorizes."""

    code = "authorization_mismatch"


def goal_words(target: Stage, *, slot: str, is_default: bool, share: int | None) -> str:
    """Say where somebody wants a version: a stage, another slot, or a share of a slot's traffic."""
    if share:
        return f"{share} percent of {slot}"
    if target == Stage.PRODUCTION and not is_default:
        return f"{target.label} in {slot}"
    return str(target.label)


@dataclass(frozen=True, kw_only=True)
class Authorization:
    """Proof that a change of stage was decided. Only `approvals.rules` makes one."""

    move: Move
    request_ref: str
    version_ref: str
    target: Stage
    slot_ref: str
    incumbent_ref: str | None
    policy_ref: str
    dossier_digest: str
    sign_offs: tuple[str, ...] = ()
    share: int | None = None
