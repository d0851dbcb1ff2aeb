"""Rolling back: what would return, what would go, and whose earlier signatures it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.models import User
from governance.accounts.queries import roles_of
from governance.accounts.rules import PermissionMissing, Role
from governance.approvals.actions.rollbacks import NothingToRollBackTo, rollback_case
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import ROLLBACK_NEED, Case, sign_offs_of
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.rules.duties import require_separation
from governance.inventory.models import Model
from governance.portal.pages.certificates import Certificate, certificates, entries_of_request
from governance.portal.pages.sign_step import require_unchanged
from governance.portal.signing import seal
from governance.registry.models import ModelVersion, Slot
from governance.registry.queries import champion_of, default_slot, slot_named


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


def slot_of(model: Model, name: str = "") -> Slot:
    """Return the slot of that name, the default one where none is named. Raises SlotNotOfModel."""
    if name:
        return slot_named(model, name)
    slot = default_slot(model)
    if slot is None:
        raise NothingToRollBackTo(f"{model.name} has no version yet, so nothing could return.")
    return slot


def rollback_page(slot: Slot, *, seen: str | None, reader: User, at: datetime) -> RollBackPage:
    """Return what this reader would authorize, or raise what stands against it.

    Raises NothingToRollBackTo, DutiesNotSeparated, PermissionMissing, DossierChanged.
    """
    case = rollback_case(slot, at=at)
    unit = case.version.model.unit
    barred = reader_bars(case, reader=reader, role=Role.APPROVER)
    require_separation(barred, stream=case.version.model.stream)
    if Role.APPROVER not in roles_of(reader, unit=unit, at=at):
        raise PermissionMissing(
            f"Only an approver in {unit.name} rolls a version back.",
            role=Role.APPROVER,
            unit=unit.path,
        )
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


def basis_of(case: Case) -> tuple[PromotionRequest, list[SignOff]]:
    """Return the earlier approval and those of its signatures that the rollback rests on."""
    basis = case.dossier.basis
    if basis is None:
        raise NothingToRollBackTo("The earlier version has no approval on record to rest on.")
    request = PromotionRequest.objects.with_version().get(pk=basis.request.partition(":")[2])
    return request, [row for row in sign_offs_of(request) if row.ref in basis.sign_offs]


def rolled_back_before(slot: Slot, reader: User, digest: str) -> SignOff | None:
    """Return the reader's signature under a rollback of these very facts, if it was done."""
    return (
        SignOff.objects.filter(request__slot=slot, signer=reader, dossier_digest=digest)
        .select_related("request")
        .first()
    )
