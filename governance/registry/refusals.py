"""What the database refuses of versions, their stages and their slots, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig, apps

from governance.audit.registration import forbid


def forbid_what_breaks_the_stage_machine(app: AppConfig) -> None:
    """A version is born in Draft, and stands where the changes on record have led it."""
    version, change = app.get_model("ModelVersion"), app.get_model("StageChange")
    forbid(
        version,
        name="born_elsewhere",
        on="INSERT",
        when="NEW.stage <> 'DRAFT'",
        says="A version is registered in Draft.",
    )
    forbid(
        version,
        name="unrecorded_move",
        on="UPDATE",
        # Of a walk from Draft, the one stage entered once more than left is where it ends. A
        # comparison of times would let an old change be used again.
        when="""NEW.stage <> OLD.stage AND (
            SELECT count(*) FROM registry_stagechange c
            WHERE c.version_id = NEW.id AND c.target = NEW.stage
        ) - (
            SELECT count(*) FROM registry_stagechange c
            WHERE c.version_id = NEW.id AND c.source = NEW.stage
        ) <> CASE WHEN NEW.stage = 'DRAFT' THEN 0 ELSE 1 END""",
        says="A version stands in the stage to which the recorded changes led it.",
    )
    forbid(
        change,
        name="change_from_elsewhere",
        on="INSERT",
        when="""NOT EXISTS (
            SELECT 1 FROM registry_modelversion v
            WHERE v.id = NEW.version_id AND v.stage = NEW.source
        )""",
        says="A change of stage begins at the stage that the version has.",
    )
    forbid(
        app.get_model("SlotAssignment"),
        name="ended_begins_again",
        on="UPDATE",
        when="OLD.ended_at IS NOT NULL",
        says="What ended in a slot does not begin again.",
    )


def forbid_that_the_retired_serve(app: AppConfig) -> None:
    """Whichever comes first, the other is refused."""
    forbid(
        app.get_model("SlotAssignment"),
        name="serves_retired",
        on="INSERT",
        when="""EXISTS (
            SELECT 1 FROM registry_slot s JOIN inventory_model m ON m.id = s.model_id
            WHERE s.id = NEW.slot_id AND m.retired_at IS NOT NULL
        )""",
        says="Nothing of a retired model serves.",
    )
    forbid(
        apps.get_model("inventory", "Model"),
        name="retired_serves",
        on="UPDATE",
        when="""NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL AND EXISTS (
            SELECT 1 FROM registry_slotassignment a JOIN registry_slot s ON s.id = a.slot_id
            WHERE s.model_id = NEW.id AND a.ended_at IS NULL
        )""",
        says="A model is not retired while something of it serves.",
    )


def forbid_that_the_live_are_not_marked(app: AppConfig) -> None:
    """A record is governed while the model is live: so that nobody forgets that it is."""
    forbid(
        app.get_model("SlotAssignment"),
        name="serves_unmarked",
        on="INSERT",
        when="""NEW.role IN ('CHAMPION', 'CANARY') AND NEW.ended_at IS NULL AND EXISTS (
            SELECT 1 FROM registry_slot s JOIN inventory_model m ON m.id = s.model_id
            WHERE s.id = NEW.slot_id AND m.live_since IS NULL
        )""",
        says="What answers live traffic is of a model that is marked as live.",
    )
    forbid(
        apps.get_model("inventory", "Model"),
        name="live_unmarked",
        on="UPDATE",
        when="""NEW.live_since IS NULL AND OLD.live_since IS NOT NULL AND EXISTS (
            SELECT 1 FROM registry_slotassignment a JOIN registry_slot s ON s.id = a.slot_id
            WHERE s.model_id = NEW.id AND a.ended_at IS NULL AND a.role IN ('CHAMPION', 'CANARY')
        )""",
        says="A model is live while a version of it answers live traffic.",
    )
