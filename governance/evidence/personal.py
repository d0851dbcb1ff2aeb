"""Where evidence that people filed holds what they said; kept for the firm's years of retention."""

from __future__ import annotations

from governance.audit.personal import register_texts
from governance.evidence.models import EvidenceWithdrawal, FiledEvidence, Inapplicability

register_texts(FiledEvidence, since="filed_at")
register_texts(EvidenceWithdrawal, since="withdrawn_at")
register_texts(Inapplicability, about="model")
