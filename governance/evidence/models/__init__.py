"""The tables of evidence."""

from governance.evidence.models.examining import (
    ExaminationView,
    InformationRequest,
    InformationRequestAssignment,
    InformationRequestAttachment,
    InformationRequestEnd,
    InformationRequestMessage,
)
from governance.evidence.models.packs import Pack, PackQuerySet
from governance.evidence.models.populations import (
    Population,
    PopulationQuerySet,
    Sample,
    SampleQuerySet,
)

__all__ = [
    "ExaminationView",
    "InformationRequest",
    "InformationRequestAssignment",
    "InformationRequestAttachment",
    "InformationRequestEnd",
    "InformationRequestMessage",
    "Pack",
    "PackQuerySet",
    "Population",
    "PopulationQuerySet",
    "Sample",
    "SampleQuerySet",
]
