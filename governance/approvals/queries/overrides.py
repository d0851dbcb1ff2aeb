"""Which overrides there are."""

from __future__ import annotations

from uuid import UUID

from governance.approvals.models import Override, PromotionRequest
from governance.core.errors import NotFound


class OverrideNotFound(NotFound):
    code = "override_not_found"


def override_by_id(override_id: UUID, *, request: PromotionRequest) -> Override:
    """Return the override of this request, or raise OverrideNotFound."""
    row = Override.objects.filter(request=request, pk=override_id).first()
    if row is None:
        raise OverrideNotFound("There is no such override.")
    return row
