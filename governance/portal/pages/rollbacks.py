"""Rolling back: what would return, what would go, and whose earlier signatures it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.approvals.actions.rollbacks import (
    basis_of,
    require_may_roll_back,
    rollback_case,
)
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import ROLLBACK_NEED
from governance.portal.pages.certificates import Certificate, certificates, entries_of_request
from governance.portal.pages.sign_step import require_unchanged
from governance.portal.signing import seal
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of


@dataclass(frozen=True, kw_only=True)
class RollBackPage:
    slot: Slot
    returning: ModelVersion
    leaving: ModelVersion | None
    approval: PromotionRequest
    certificates: Sequence[Certificate]
    digest: str
    sealed: str
    meaning: str = ROLLBACK_NEED.meaning


def rollback_page(slot: Slot, *, seen: str | None, reader: User, at: datetime) -> RollBackPage:
    """Return what this reader would authorize, or raise what stands against it.

    Raises NothingToRollBackTo, DutiesNotSeparated, PermissionMissing, DossierChanged.
    """
    case = rollback_case(slot, at=at)
    require_may_roll_back(case, person=reader, at=at)
    require_unchanged(case, seen)
    approval, rows = basis_of(case)
    return RollBackPage(
        slot=slot,
        returning=case.version,
        leaving=champion_of(slot),
        approval=approval,
        certificates=certificates(rows, entries=entries_of_request(approval)),
        digest=case.digest,
        sealed=seal(case.dossier.text(), about=slot.ref),
    )
