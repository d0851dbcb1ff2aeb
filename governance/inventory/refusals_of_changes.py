"""What the database refuses of changes of what is live, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig

from governance.audit.registration import forbid
from governance.inventory.rules.model_changes import GOVERNED


def forbid_changing_the_live(app: AppConfig) -> None:
    """A governed field of a live model changes with a decision of that moment, by others."""
    moved = " OR ".join(f"NEW.{field} <> OLD.{field}" for field in GOVERNED)
    forbid(
        app.get_model("Model"),
        name="live_changed",
        on="UPDATE",
        when=f"""OLD.live_since IS NOT NULL AND ({moved}) AND NOT EXISTS (
            SELECT 1 FROM inventory_changedecision d
            JOIN inventory_modelchange c ON c.id = d.change_id
            WHERE c.model_id = NEW.id AND d.outcome = 'ACCEPTED' AND d.decided_at = NEW.updated_at
        )""",  # noqa: S608  the names are GOVERNED's
        says="A governed field of a live model changes only with an accepted change.",
    )
    forbid(
        app.get_model("ModelChange"),
        name="second_waits",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM inventory_modelchange c WHERE c.model_id = NEW.model_id
            AND NOT EXISTS (SELECT 1 FROM inventory_changedecision d WHERE d.change_id = c.id)
        )""",
        says="One change of a model waits for its review at a time.",
    )
    forbid(
        app.get_model("ChangeDecision"),
        name="proposer_decides",
        on="INSERT",
        when="""NEW.outcome <> 'WITHDRAWN' AND EXISTS (
            SELECT 1 FROM inventory_modelchange c
            WHERE c.id = NEW.change_id AND c.proposed_by_id = NEW.decided_by_id
        )""",
        says="Who proposed a change does not decide on it.",
    )
    forbid(
        app.get_model("ChangeDecision"),
        name="builder_decides",
        on="INSERT",
        when="""NEW.outcome <> 'WITHDRAWN' AND EXISTS (
            SELECT 1 FROM inventory_modelchange c
            JOIN inventory_builder b ON b.model_id = c.model_id
            WHERE c.id = NEW.change_id AND b.user_id = NEW.decided_by_id
        )""",
        says="Who owned or built the model does not decide on its changes.",
    )
