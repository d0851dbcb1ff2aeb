"""What can be done to the inventory."""

from governance.inventory.actions.assessments import (
    assess_class,
    assess_tier,
    determine,
    keep_answers,
)
from governance.inventory.actions.custom_fields import (
    change_field,
    define_field,
)
from governance.inventory.actions.dependencies import (
    add_feeder,
    end_feeder,
)
from governance.inventory.actions.judging import (
    ModelRecord,
)
from governance.inventory.actions.questionnaires import (
    publish_questionnaire,
)
from governance.inventory.actions.records import (
    create_model,
    describe_model,
    edit_model,
)
from governance.inventory.actions.retirements import (
    return_from_retirement,
)
from governance.inventory.actions.scopes import (
    recompute_scope,
)
from governance.inventory.actions.tier_overrides import (
    approve_tier_override,
    propose_tier_override,
    revert_tier,
)

__all__ = [
    "ModelRecord",
    "add_feeder",
    "approve_tier_override",
    "assess_class",
    "assess_tier",
    "change_field",
    "create_model",
    "define_field",
    "describe_model",
    "determine",
    "edit_model",
    "end_feeder",
    "keep_answers",
    "propose_tier_override",
    "publish_questionnaire",
    "recompute_scope",
    "return_from_retirement",
    "revert_tier",
]
