"""From a policy's entries to gates, and from gates to what they find."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from governance.approvals.rules.dossier import Dossier
from governance.approvals.rules.gates.artifacts import (
    FilesGate,
    MonitoringPlanGate,
    ReproducibilityGate,
)
from governance.approvals.rules.gates.assessments import ClassGate, OwnerGate, TierGate
from governance.approvals.rules.gates.comparison import ChallengerGate, SliceGate
from governance.approvals.rules.gates.data import DataGate
from governance.approvals.rules.gates.metrics import (
    BUDGETS,
    METRIC,
    MlTestScoreGate,
    metric_gate,
)
from governance.approvals.rules.gates.naming import LABELS
from governance.approvals.rules.gates.records import (
    CardGate,
    ConditionsGate,
    FindingGate,
    ReportGate,
    RollbackGate,
)
from governance.approvals.rules.gates.results import CheckResult, Gate

BY_NAME: dict[str, type[Gate]] = {
    gate.NAME: gate
    for gate in (
        CardGate,
        ClassGate,
        ConditionsGate,
        DataGate,
        FilesGate,
        MonitoringPlanGate,
        OwnerGate,
        ReportGate,
        ReproducibilityGate,
        RollbackGate,
        MlTestScoreGate,
        TierGate,
    )
}
"""Gates whose parameters stand in a policy as the gate has them."""


def gate_from(entry: Mapping[str, Any]) -> Gate:
    """Return the gate that a policy's entry states; the schema has checked its form."""
    name = entry["check"]
    if name == METRIC or name in BUDGETS:
        return metric_gate(entry)
    match name:
        case "challenger" | "champion_challenger":
            return _challenger(entry)
        case SliceGate.NAME:
            return SliceGate(
                metric=entry["metric"],
                margin=str(entry.get("margin", 0)),
                higher_is_better=_higher_is_better(entry),
                slices=tuple(entry.get("slices", ())),
                source=entry.get("source", ""),
                label=entry.get("label", f"{entry['metric']} by slice against champion"),
            )
        case FindingGate.NAME:
            severity = entry["severity"]
            label = entry.get("label", f"No open {severity.lower()} finding")
            return FindingGate(severity=severity, label=label)
        case _:
            return BY_NAME[name](label=entry.get("label", LABELS[name]), **_parameters(entry))


def _challenger(entry: Mapping[str, Any]) -> ChallengerGate:
    """The plain form, of the older name, calls the margin so; the fuller one calls it delta."""
    return ChallengerGate(
        name=entry["check"],
        metric=entry["metric"],
        margin=str(entry["delta" if "delta" in entry else "margin"]),
        higher_is_better=_higher_is_better(entry),
        source=entry.get("source", ""),
        guardrails=tuple(map(metric_gate, entry.get("guardrails", ()))),
        label=entry.get("label", f"{entry['metric']} against champion"),
    )


def _higher_is_better(entry: Mapping[str, Any]) -> bool:
    return bool(entry.get("better", "higher") == "higher")


def _parameters(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry says besides its name and its label, as a gate holds it."""
    rest = {key: value for key, value in entry.items() if key not in {"check", "label"}}
    if "at_least" in rest:
        rest["at_least"] = str(rest["at_least"])
    return {key: tuple(one) if isinstance(one, list) else one for key, one in rest.items()}


def judge_all(gates: Sequence[Gate], dossier: Dossier, *, at: datetime) -> tuple[CheckResult, ...]:
    return tuple(gate.judge(dossier, at=at) for gate in gates)
