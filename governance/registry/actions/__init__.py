"""Changes of the registry, by noun."""

from governance.registry.actions.aliases import delete_alias, set_alias
from governance.registry.actions.artifacts import (
    check_artifacts,
    record_artifact_check,
    record_artifacts,
)
from governance.registry.actions.comments import comment_on_version, edit_comment, remove_comment
from governance.registry.actions.deprecations import deprecate_version, end_deprecation
from governance.registry.actions.evaluations import record_evaluations
from governance.registry.actions.labels import label_version
from governance.registry.actions.names import give_name, rename_model
from governance.registry.actions.pulls import pull_metrics
from governance.registry.actions.removals import remove_version
from governance.registry.actions.stages import MoveResult, move_to_stage, share_traffic
from governance.registry.actions.tags import (
    delete_model_tag,
    delete_version_tag,
    set_model_tag,
    set_version_tag,
)
from governance.registry.actions.versions import describe_version, register_version

__all__ = [
    "MoveResult",
    "check_artifacts",
    "comment_on_version",
    "delete_alias",
    "delete_model_tag",
    "delete_version_tag",
    "deprecate_version",
    "describe_version",
    "edit_comment",
    "end_deprecation",
    "give_name",
    "label_version",
    "move_to_stage",
    "pull_metrics",
    "record_artifact_check",
    "record_artifacts",
    "record_evaluations",
    "register_version",
    "remove_comment",
    "remove_version",
    "rename_model",
    "set_alias",
    "set_model_tag",
    "set_version_tag",
    "share_traffic",
]
