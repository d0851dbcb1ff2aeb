"""Automated checks. Each is one predicate over the dossier, and says what it measured.

Missing data is NOT_SHOWN, which passes nothing.
"""

from governance.approvals.rules.gates.comparison import ChallengerGate, SliceGate
from governance.approvals.rules.gates.metrics import BUDGETS, MetricGate, MlTestScoreGate
from governance.approvals.rules.gates.naming import LABELS, check_name
from governance.approvals.rules.gates.reading import gate_from, judge_all
from governance.approvals.rules.gates.records import FindingGate
from governance.approvals.rules.gates.results import (
    EMERGENCY,
    CheckResult,
    Found,
    Gate,
    Outcome,
    Topic,
    judging,
)
from governance.approvals.rules.gates.standing import standing_checks

__all__ = [
    "BUDGETS",
    "EMERGENCY",
    "LABELS",
    "ChallengerGate",
    "CheckResult",
    "FindingGate",
    "Found",
    "Gate",
    "MetricGate",
    "MlTestScoreGate",
    "Outcome",
    "SliceGate",
    "Topic",
    "check_name",
    "gate_from",
    "judge_all",
    "judging",
    "standing_checks",
]
