"""Policies as data: what one asks for, reading its file strictly, choosing the one that applies."""

from governance.approvals.rules.policies.choice import (
    NoPolicy,
    PolicyDecided,
    check_unambiguous,
    policy_for,
)
from governance.approvals.rules.policies.files import SCHEMA, read_content, read_policy
from governance.approvals.rules.policies.policy import (
    EmergencyRule,
    Escalation,
    ManualCheck,
    Need,
    OverrideRule,
    Policy,
    PolicyState,
    policy_from,
)
from governance.approvals.rules.policies.scopes import Scope, Subject

__all__ = [
    "SCHEMA",
    "EmergencyRule",
    "Escalation",
    "ManualCheck",
    "Need",
    "NoPolicy",
    "OverrideRule",
    "Policy",
    "PolicyDecided",
    "PolicyState",
    "Scope",
    "Subject",
    "check_unambiguous",
    "policy_for",
    "policy_from",
    "read_content",
    "read_policy",
]
