"""What the database refuses of the inventory, whoever writes there."""

from __future__ import annotations

from django.apps import AppConfig

from governance.audit.registration import forbid


def forbid_what_breaks_the_register(app: AppConfig) -> None:
    forbid(
        app.get_model("Dependency"),
        name="ended_begins_again",
        on="UPDATE",
        when="OLD.ended_at IS NOT NULL",
        says="A dependency that ended does not begin again.",
    )
