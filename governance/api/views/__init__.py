"""The endpoints: load with what the caller may see, one domain call, present."""

from governance.api.views.cards import Card, CardCheck, Cards, CardSchema
from governance.api.views.coverage import Coverage, ModelCoverage
from governance.api.views.evaluations import Evaluations
from governance.api.views.frameworks import Frameworks, OneFramework
from governance.api.views.ledger import LedgerEntries, LedgerFeed, LedgerStreams
from governance.api.views.ledger_proofs import (
    LedgerCheckpointNote,
    LedgerEntryProof,
    LedgerGrowth,
    LedgerStreamEnd,
)
from governance.api.views.lineage import LineageEvents, SnapshotVersions, VersionLineage
from governance.api.views.models import Findings, Models, OneModel, OneRequest, Requests
from governance.api.views.nowhere import NothingHere
from governance.api.views.promotions import Emergency, Rollback
from governance.api.views.records import (
    Approvers,
    Attestations,
    Changes,
    Dependencies,
    Policies,
    Reviews,
    Waivers,
)
from governance.api.views.rules import Rules
from governance.api.views.serving import Allow, DeploymentReports, Live
from governance.api.views.versions import LabeledVersion, Version

__all__ = [
    "Allow",
    "Approvers",
    "Attestations",
    "Card",
    "CardCheck",
    "CardSchema",
    "Cards",
    "Changes",
    "Coverage",
    "Dependencies",
    "DeploymentReports",
    "Emergency",
    "Evaluations",
    "Findings",
    "Frameworks",
    "LabeledVersion",
    "LedgerCheckpointNote",
    "LedgerEntries",
    "LedgerEntryProof",
    "LedgerFeed",
    "LedgerGrowth",
    "LedgerStreamEnd",
    "LedgerStreams",
    "LineageEvents",
    "Live",
    "ModelCoverage",
    "Models",
    "NothingHere",
    "OneFramework",
    "OneModel",
    "OneRequest",
    "Policies",
    "Requests",
    "Reviews",
    "Rollback",
    "Rules",
    "SnapshotVersions",
    "Version",
    "VersionLineage",
    "Waivers",
]
