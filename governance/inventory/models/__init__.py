"""The tables of the inventory."""

from governance.inventory.models.assessments import ClassAssessment, TierAssessment
from governance.inventory.models.custom_fields import (
    CustomField,
    CustomFieldQuerySet,
    CustomValue,
)
from governance.inventory.models.dependencies import Dependency, DependencyQuerySet
from governance.inventory.models.records import Builder, FormerName, Model, ModelQuerySet
from governance.inventory.models.retirements import (
    Retirement,
    RetirementEnd,
    RetirementQuerySet,
)

__all__ = [
    "Builder",
    "ClassAssessment",
    "CustomField",
    "CustomFieldQuerySet",
    "CustomValue",
    "Dependency",
    "DependencyQuerySet",
    "FormerName",
    "Model",
    "ModelQuerySet",
    "Retirement",
    "RetirementEnd",
    "RetirementQuerySet",
    "TierAssessment",
]
