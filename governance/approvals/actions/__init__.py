"""The acts around a change of stage, by noun."""

from governance.approvals.actions.lapses import note_lapse
from governance.approvals.actions.overrides import propose_override, sign_override
from governance.approvals.actions.policies import propose_policy, sign_policy
from governance.approvals.actions.rejections import reject_request
from governance.approvals.actions.removals import ask_to_remove_model, ask_to_remove_version
from governance.approvals.actions.requests import (
    Asked,
    Outcome,
    ask_for_canary,
    ask_for_stage,
    ask_in_emergency,
    ask_to_confirm,
    withdraw,
)
from governance.approvals.actions.rollbacks import roll_back, roll_back_for
from governance.approvals.actions.sign_offs import sign_off
from governance.approvals.actions.ticks import tick_check

__all__ = [
    "Asked",
    "Outcome",
    "ask_for_canary",
    "ask_for_stage",
    "ask_in_emergency",
    "ask_to_confirm",
    "ask_to_remove_model",
    "ask_to_remove_version",
    "note_lapse",
    "propose_override",
    "propose_policy",
    "reject_request",
    "roll_back",
    "roll_back_for",
    "sign_off",
    "sign_override",
    "sign_policy",
    "tick_check",
    "withdraw",
]
