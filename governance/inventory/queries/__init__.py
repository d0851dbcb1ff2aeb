"""Reads of the inventory."""

from governance.inventory.queries.records import (
    builders_in,
    builders_of,
    formerly_named,
    latest_class_assessment,
    latest_tier_assessment,
    locked_model,
    locked_present_model,
    model_named,
    record_digest,
    record_values,
)

__all__ = [
    "builders_in",
    "builders_of",
    "formerly_named",
    "latest_class_assessment",
    "latest_tier_assessment",
    "locked_model",
    "locked_present_model",
    "model_named",
    "record_digest",
    "record_values",
]
