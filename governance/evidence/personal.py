"""Where evidence holds what people said, and for how long it is kept."""

from __future__ import annotations

from governance.audit.personal import register_texts
from governance.evidence.models import (
    EvidenceWithdrawal,
    FiledEvidence,
    Inapplicability,
    InformationRequest,
    InformationRequestMessage,
)

register_texts(EvidenceWithdrawal, since="withdrawn_at")
register_texts(FiledEvidence, since="filed_at")
register_texts(Inapplicability, about="model")
register_texts(InformationRequest, since="raised_at")
register_texts(InformationRequestMessage, since="written_at")
