"""The endpoints: load with what the caller may see, one domain call, present."""

from governance.api.views.evaluations import Evaluations
from governance.api.views.lineage import LineageEvents, SnapshotVersions, VersionLineage
from governance.api.views.nowhere import NothingHere
from governance.api.views.serving import Allow, DeploymentReports, Live

__all__ = [
    "Allow",
    "DeploymentReports",
    "Evaluations",
    "LineageEvents",
    "Live",
    "NothingHere",
    "SnapshotVersions",
    "VersionLineage",
]
