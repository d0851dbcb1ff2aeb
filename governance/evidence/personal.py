"""Where evidence holds what examiners asked and were answered, and for how long it is kept."""

from __future__ import annotations

from governance.audit.personal import register_texts
from governance.evidence.models import InformationRequest, InformationRequestMessage

register_texts(InformationRequest, since="raised_at")
register_texts(InformationRequestMessage, since="written_at")
