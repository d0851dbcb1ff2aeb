"""What can be done to the inventory."""

from governance.inventory.actions.assessments import (
    assess_class,
    assess_tier,
    determine,
    keep_answers,
)
from governance.inventory.actions.questionnaires import publish_questionnaire
from governance.inventory.actions.records import (
    ModelRecord,
    create_model,
    describe_model,
    edit_model,
)
from governance.inventory.actions.tier_overrides import (
    approve_tier_override,
    propose_tier_override,
    revert_tier,
)

__all__ = [
    "ModelRecord",
    "approve_tier_override",
    "assess_class",
    "assess_tier",
    "create_model",
    "describe_model",
    "determine",
    "edit_model",
    "keep_answers",
    "propose_tier_override",
    "publish_questionnaire",
    "revert_tier",
]
