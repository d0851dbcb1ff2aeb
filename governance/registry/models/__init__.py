"""Tables of the registry, by noun."""

from governance.registry.models.lineage import (
    DataSnapshot,
    LineageEvent,
    LineageEventKey,
    LineageFact,
    LineageMatch,
    VersionInput,
    VersionParent,
)
from governance.registry.models.serving import (
    Alias,
    DeploymentReport,
    Slot,
    SlotAssignment,
    SlotAssignmentQuerySet,
    StageChange,
)
from governance.registry.models.versions import (
    Artifact,
    ArtifactCheck,
    BundlePart,
    Deprecation,
    EvaluationResult,
    ModelTag,
    ModelVersion,
    ModelVersionQuerySet,
    VersionComment,
    VersionTag,
)
from governance.registry.models.webhooks import Webhook, WebhookQuerySet

__all__ = [
    "Alias",
    "Artifact",
    "ArtifactCheck",
    "BundlePart",
    "DataSnapshot",
    "DeploymentReport",
    "Deprecation",
    "EvaluationResult",
    "LineageEvent",
    "LineageEventKey",
    "LineageFact",
    "LineageMatch",
    "ModelTag",
    "ModelVersion",
    "ModelVersionQuerySet",
    "Slot",
    "SlotAssignment",
    "SlotAssignmentQuerySet",
    "StageChange",
    "VersionComment",
    "VersionInput",
    "VersionParent",
    "VersionTag",
    "Webhook",
    "WebhookQuerySet",
]
