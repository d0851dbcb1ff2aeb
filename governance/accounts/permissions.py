"""Who may do what: the whole access matrix, on one page.

Separation of duties is not here. It is a rule about one version and its history
(approvals.rules), and holds for administrators and superusers as for everybody.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from governance.accounts.rules import Actor, PermissionMissing, Role, Scope

if TYPE_CHECKING:
    from governance.accounts.models import Unit


class Permission(StrEnum):
    ACCOUNT_MANAGE = "accounts:account:manage"
    DATA_ERASE = "accounts:data:erase"
    DELEGATION_GIVE = "accounts:delegation:give"
    ROLE_GRANT = "accounts:role:grant"
    TOKEN_ISSUE = "accounts:token:issue"  # noqa: S105  the name of a permission
    CHALLENGE_READ = "approvals:challenge:read"
    CHECK_TICK = "approvals:check:tick"
    POLICY_PROPOSE = "approvals:policy:propose"
    POLICY_SIGN = "approvals:policy:sign"
    PROMOTION_REJECT = "approvals:promotion:reject"
    PROMOTION_REQUEST = "approvals:promotion:request"
    PROMOTION_ROLL_BACK = "approvals:promotion:roll_back"
    PROMOTION_SIGN = "approvals:promotion:sign"
    LEDGER_READ = "audit:ledger:read"
    CARD_PUBLISH = "cards:card:publish"
    CARD_WRITE = "cards:card:write"
    EVIDENCE_FILE = "evidence:item:file"
    PACK_BUILD = "evidence:pack:build"
    POPULATION_EXTRACT = "evidence:population:extract"
    ATTESTATION_GIVE = "inventory:attestation:give"
    CAMPAIGN_OPEN = "inventory:campaign:open"
    CHANGE_DECIDE = "inventory:change:decide"
    EXAMINATION_OPEN = "inventory:examination:open"
    FIELD_DEFINE = "inventory:field:define"
    MODEL_CREATE = "inventory:model:create"
    MODEL_EDIT = "inventory:model:edit"
    MODEL_READ = "inventory:model:read"
    MODEL_REMOVE = "inventory:model:remove"
    MODEL_RENAME = "inventory:model:rename"
    MODEL_RETIRE = "inventory:model:retire"
    QUESTIONNAIRE_PUBLISH = "inventory:questionnaire:publish"
    REVIEW_RECORD = "inventory:review:record"
    TIER_ASSESS = "inventory:tier:assess"
    TIER_OVERRIDE = "inventory:tier:override"
    WAIVER_DECIDE = "inventory:waiver:decide"
    WAIVER_REQUEST = "inventory:waiver:request"
    ARTIFACT_CHECK = "registry:artifact:check"
    COMMENT_WRITE = "registry:comment:write"
    DEPLOYMENT_REPORT = "registry:deployment:report"
    EVALUATION_RECORD = "registry:evaluation:record"
    SLOT_MANAGE = "registry:slot:manage"
    UNAPPROVED_LOAD = "registry:unapproved:load"
    VERSION_REGISTER = "registry:version:register"
    VERSION_REMOVE = "registry:version:remove"
    WEBHOOK_MANAGE = "registry:webhook:manage"
    FINDING_CLOSE = "validation:finding:close"
    VALIDATION_WRITE = "validation:validation:write"


_READER = {
    Permission.ARTIFACT_CHECK,
    Permission.LEDGER_READ,
    Permission.MODEL_READ,
    Permission.PACK_BUILD,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MODEL_OWNER: frozenset(
        _READER
        | {
            Permission.ATTESTATION_GIVE,
            Permission.CARD_PUBLISH,
            Permission.CARD_WRITE,
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.EVIDENCE_FILE,
            Permission.MODEL_CREATE,
            Permission.MODEL_EDIT,
            Permission.MODEL_REMOVE,
            Permission.MODEL_RENAME,
            Permission.MODEL_RETIRE,
            Permission.PROMOTION_REQUEST,
            Permission.SLOT_MANAGE,
            Permission.TIER_ASSESS,
            Permission.VERSION_REMOVE,
            Permission.WAIVER_REQUEST,
            Permission.WEBHOOK_MANAGE,
        }
    ),
    Role.DEVELOPER: frozenset(
        _READER
        | {
            Permission.CARD_WRITE,
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.DEPLOYMENT_REPORT,
            Permission.EVALUATION_RECORD,
            Permission.MODEL_CREATE,
            Permission.MODEL_RENAME,
            Permission.PROMOTION_REQUEST,
            Permission.SLOT_MANAGE,
            Permission.VERSION_REGISTER,
            Permission.VERSION_REMOVE,
            Permission.WAIVER_REQUEST,
        }
    ),
    Role.VALIDATOR: frozenset(
        _READER
        | {
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.EVIDENCE_FILE,
            Permission.FINDING_CLOSE,
            Permission.PROMOTION_REJECT,
            Permission.PROMOTION_SIGN,
            Permission.DELEGATION_GIVE,
            Permission.CHANGE_DECIDE,
            Permission.REVIEW_RECORD,
            Permission.UNAPPROVED_LOAD,
            Permission.VALIDATION_WRITE,
            Permission.TIER_OVERRIDE,
            Permission.WAIVER_REQUEST,
        }
    ),
    Role.APPROVER: frozenset(
        _READER
        | {
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.POLICY_SIGN,
            Permission.PROMOTION_REJECT,
            Permission.PROMOTION_ROLL_BACK,
            Permission.PROMOTION_SIGN,
            Permission.DELEGATION_GIVE,
            Permission.TIER_ASSESS,
            Permission.TIER_OVERRIDE,
            Permission.WAIVER_DECIDE,
        }
    ),
    Role.COMPLIANCE: frozenset(
        _READER
        | {
            Permission.CAMPAIGN_OPEN,
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.EVIDENCE_FILE,
            Permission.DATA_ERASE,
            Permission.EXAMINATION_OPEN,
            Permission.POLICY_PROPOSE,
            Permission.POLICY_SIGN,
            Permission.POPULATION_EXTRACT,
            Permission.PROMOTION_REJECT,
            Permission.PROMOTION_SIGN,
            Permission.DELEGATION_GIVE,
            Permission.QUESTIONNAIRE_PUBLISH,
            Permission.WAIVER_DECIDE,
        }
    ),
    Role.HEAD_OF_MODEL_RISK: frozenset(
        _READER
        | {
            Permission.CAMPAIGN_OPEN,
            Permission.CHANGE_DECIDE,
            Permission.CHALLENGE_READ,
            Permission.CHECK_TICK,
            Permission.COMMENT_WRITE,
            Permission.POLICY_SIGN,
            Permission.POPULATION_EXTRACT,
            Permission.PROMOTION_REJECT,
            Permission.PROMOTION_SIGN,
            Permission.DELEGATION_GIVE,
            Permission.QUESTIONNAIRE_PUBLISH,
            Permission.TIER_OVERRIDE,
            Permission.REVIEW_RECORD,
            Permission.WAIVER_DECIDE,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNT_MANAGE,
            Permission.FIELD_DEFINE,
            Permission.LEDGER_READ,
            Permission.MODEL_READ,
            Permission.POLICY_PROPOSE,
            Permission.ROLE_GRANT,
            Permission.TOKEN_ISSUE,
            Permission.WEBHOOK_MANAGE,
        }
    ),
}

SCOPE_PERMISSIONS: dict[Scope, frozenset[Permission]] = {
    Scope.READ: frozenset({Permission.MODEL_READ}),
    Scope.REGISTER: frozenset(
        {Permission.MODEL_CREATE, Permission.MODEL_READ, Permission.VERSION_REGISTER}
    ),
    Scope.MANAGE: frozenset(
        {
            Permission.MODEL_READ,
            Permission.MODEL_REMOVE,
            Permission.MODEL_RENAME,
            Permission.VERSION_REMOVE,
        }
    ),
    Scope.EVALUATE: frozenset({Permission.EVALUATION_RECORD, Permission.MODEL_READ}),
    Scope.WRITE_CARDS: frozenset({Permission.CARD_WRITE, Permission.MODEL_READ}),
    Scope.REQUEST: frozenset(
        {Permission.COMMENT_WRITE, Permission.MODEL_READ, Permission.PROMOTION_REQUEST}
    ),
    Scope.REJECT: frozenset(
        {Permission.COMMENT_WRITE, Permission.MODEL_READ, Permission.PROMOTION_REJECT}
    ),
    Scope.ROLL_BACK: frozenset({Permission.MODEL_READ, Permission.PROMOTION_ROLL_BACK}),
    Scope.LOAD: frozenset({Permission.MODEL_READ, Permission.UNAPPROVED_LOAD}),
    Scope.REPORT: frozenset({Permission.DEPLOYMENT_REPORT, Permission.MODEL_READ}),
    Scope.READ_LEDGER: frozenset({Permission.LEDGER_READ, Permission.MODEL_READ}),
    Scope.WEBHOOKS: frozenset({Permission.MODEL_READ, Permission.WEBHOOK_MANAGE}),
}


def may(actor: Actor, permission: Permission, *, unit: Unit, at: datetime) -> bool:
    """Tell whether the actor holds the permission in the unit at that moment."""
    return permission in actor.permissions(unit=unit, at=at)


def roles_with(permission: Permission) -> list[Role]:
    return [role for role in Role if permission in ROLE_PERMISSIONS[role]]


def require(actor: Actor, permission: Permission, *, unit: Unit, at: datetime) -> None:
    """Raise PermissionMissing, naming who has it, unless the actor holds the permission."""
    if may(actor, permission, unit=unit, at=at):
        return
    roles = " or ".join(role.label.lower() for role in roles_with(permission))
    raise PermissionMissing(
        f"This needs the permission {permission} in {unit.name}, which {actor.label} does not "
        f"hold. It comes with the role {roles}.",
        permission=str(permission),
        unit=unit.path,
    )
