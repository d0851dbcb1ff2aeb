"""What checks are called where a policy gives them no label of its own."""

from __future__ import annotations

from governance.approvals.rules.gates.metrics import BUDGETS

LABELS = {
    "ai_act_class_assessed": "EU AI Act class assessed",
    "artifacts_complete": "Artifacts complete",
    "artifacts_match": "Artifacts as registered",
    "card_published": "Model card published",
    "conditions_met": "Conditions of earlier approvals",
    "data_checks": "Evaluation data",
    "ml_test_score": "ML Test Score",
    "monitoring_plan": "Monitoring plan",
    "not_prohibited": "No prohibited practice",
    "owner_assigned": "Owner assigned",
    "report_approved": "Independent validation",
    "reproducibility": "Can be made again",
    "rollback_target": "Rollback target known",
    "tier_assessed": "Risk tier assessed",
}


def check_name(check_id: str) -> str:
    """Put the id of a check into words; a dossier keeps no label, which a policy may change."""
    kind, _, rest = check_id.partition(".")
    match kind:
        case "metric":
            return rest
        case "challenger" | "champion_challenger":
            return f"{rest} against champion"
        case "slice_regression":
            return f"{rest} by slice against champion"
        case "no_open_finding":
            return f"No open {rest} finding"
        case _ if kind in BUDGETS:
            return f"{BUDGETS[kind].words}, {rest}"
        case _:
            return LABELS.get(check_id, check_id)
