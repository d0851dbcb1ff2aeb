"""The inventory as model risk examiners ask for it: one line a model, in the order of the guidance.

SR 11-7, section VI, lists what an inventory holds of each model; SR 26-2 asks for enough to
know the risk of each and of all, and keeps no list. So the columns are those of the older one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, kw_only=True)
class ExtractLine:
    """What is on record of one model, in words. Empty is what nobody has recorded."""

    model: str
    unit: str
    status: str
    determination: str
    tier: str
    purpose: str
    products: str
    intended_use: str
    actual_use: str
    restrictions: str
    inputs: str
    components: str
    outputs: str
    limitations: str
    working: str
    updated: str
    waivers: str
    owner: str
    developers: str
    validators: str
    validated: str
    next_review: str
    review_waived: str
    entries: str

    @property
    def cells(self) -> list[str]:
        return [getattr(self, field.name) for field in fields(self)]


HEADINGS = (
    "Model",
    "Unit",
    "Status",
    "Determination",
    "Risk tier",
    "Purpose",
    "Products",
    "Intended use",
    "Where it serves",
    "Restrictions and excluded use",
    "Inputs and their sources",
    "Models that feed it",
    "Outputs",
    "Limitations",
    "Opinion and open findings",
    "Last update",
    "Waivers in force",
    "Owner",
    "Developers",
    "Validators",
    "Last validation",
    "Next review",
    "Review waived until",
    "Ledger entries",
)
