"""The inventory records of the demo's models, and how two of them changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from governance.accounts.models import User
from governance.inventory.actions import ModelRecord, edit_model
from governance.inventory.models import Model


def record_of(entry: Mapping[str, Any], *, person: Callable[[str], User]) -> ModelRecord:
    return ModelRecord(
        purpose=entry["purpose"],
        intended_use=entry["intended_use"],
        kind=entry["kind"],
        owner=person(entry["owner"]),
        developers=[person(key) for key in entry["developers"]],
        tier=entry["tier"],
        tier_reason=entry["tier_reason"],
        ai_act_class=entry["ai_act_class"],
        ai_act_reason=entry["ai_act_reason"],
        jurisdictions=entry.get("jurisdictions", ()),
    )


def revise(
    model: Model,
    entry: Mapping[str, Any],
    *,
    person: Callable[[str], User],
    at: Callable[[int], datetime],
) -> None:
    """Have the owner change the record as often as the data says; `at` is given days ago."""
    record = record_of(entry, person=person)
    for revision in entry.get("revised", ()):
        changed = {key: value for key, value in revision.items() if key != "days_ago"}
        record = replace(record, **changed)
        edit_model(
            model=model, record=record, actor=person(entry["owner"]), at=at(revision["days_ago"])
        )
