"""The tables of evidence."""

from governance.evidence.models.examining import (
    ExaminationView,
    InformationRequest,
    InformationRequestAssignment,
    InformationRequestAttachment,
    InformationRequestEnd,
    InformationRequestMessage,
)
from governance.evidence.models.filings import (
    EvidenceFile,
    EvidenceWithdrawal,
    FiledEvidence,
    FiledEvidenceQuerySet,
    Inapplicability,
    InapplicabilityEnd,
)
from governance.evidence.models.packs import Pack, PackDownload, PackModel, PackQuerySet
from governance.evidence.models.populations import (
    Population,
    PopulationQuerySet,
    Sample,
    SampleQuerySet,
)
from governance.evidence.models.snapshots import CoverageSnapshot, CoverageSnapshotQuerySet

__all__ = [
    "CoverageSnapshot",
    "CoverageSnapshotQuerySet",
    "EvidenceFile",
    "EvidenceWithdrawal",
    "ExaminationView",
    "FiledEvidence",
    "FiledEvidenceQuerySet",
    "Inapplicability",
    "InapplicabilityEnd",
    "InformationRequest",
    "InformationRequestAssignment",
    "InformationRequestAttachment",
    "InformationRequestEnd",
    "InformationRequestMessage",
    "Pack",
    "PackDownload",
    "PackModel",
    "PackQuerySet",
    "Population",
    "PopulationQuerySet",
    "Sample",
    "SampleQuerySet",
]
