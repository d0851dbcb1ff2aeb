"""Which overrides there are, and what keeps somebody from signing one."""

from __future__ import annotations

from uuid import UUID

from governance.accounts.models import User
from governance.approvals.models import Override, PromotionRequest
from governance.approvals.queries.cases import Case
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.rules.duties import Bar
from governance.approvals.rules.policies import OverrideRule
from governance.core.errors import NotFound

NOT_ABOUT_OVERRIDES = frozenset({"nobody_signs_twice", "overrider_signs_not"})


class OverrideNotFound(NotFound):
    code = "override_not_found"


def override_by_id(override_id: UUID, *, request: PromotionRequest) -> Override:
    """Return the override of this request, or raise OverrideNotFound."""
    row = Override.objects.filter(request=request, pk=override_id).first()
    if row is None:
        raise OverrideNotFound("There is no such override.")
    return row


def override_bars(case: Case, rule: OverrideRule, *, reader: User) -> list[Bar]:
    """Return the duties that keep this reader from answering for a check, whatever their role."""
    found = reader_bars(case, reader=reader, role=rule.role)
    return [bar for bar in found if bar.rule not in NOT_ABOUT_OVERRIDES]
