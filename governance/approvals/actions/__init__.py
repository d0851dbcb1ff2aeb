"""The acts around a change of stage, by noun."""

from governance.approvals.actions.policies import propose_policy, sign_policy
from governance.approvals.actions.rejections import reject_request
from governance.approvals.actions.removals import ask_to_remove_model, ask_to_remove_version
from governance.approvals.actions.requests import (
    Asked,
    Outcome,
    ask_for_canary,
    ask_for_stage,
    withdraw,
)
from governance.approvals.actions.rollbacks import roll_back
from governance.approvals.actions.sign_offs import sign_off

__all__ = [
    "Asked",
    "Outcome",
    "ask_for_canary",
    "ask_for_stage",
    "ask_to_remove_model",
    "ask_to_remove_version",
    "propose_policy",
    "reject_request",
    "roll_back",
    "sign_off",
    "sign_policy",
    "withdraw",
]
