"""Signatures as certificates: who, in which role, meaning what, when, over what, and where it is
written down."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.rules import ProofMethod, Role
from governance.approvals.models import PolicySignOff, PromotionRequest, SignOff
from governance.approvals.rules.dossier import Dossier, read_dossier
from governance.approvals.rules.judgement import Decision
from governance.audit.models import LedgerEntry
from governance.portal.pages.changes import changed_titles

ICONS = {
    Decision.APPROVE: ("ink", "sign", "Signed"),
    Decision.RETURN: ("warn", "override", "Returned"),
    Decision.REJECT: ("bad", "cross", "Rejected"),
}

PROOFS = {
    **dict(ProofMethod.choices),
    "SEEDED": "None: written with the demo, by nobody",
}


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """One signature. `counts` is False once the facts it was given for have changed, and then
    `changed` says which.
    """

    name: str
    role: str
    decision: Decision
    meaning: str
    comment: str
    signed_at: datetime
    digest: str
    proof: str
    entry: int | None
    signer_id: UUID
    counts: bool = True
    changed: Sequence[str] = ()

    @property
    def tone(self) -> str:
        return ICONS[self.decision][0]

    @property
    def icon(self) -> str:
        return ICONS[self.decision][1]

    @property
    def label(self) -> str:
        return ICONS[self.decision][2]


def certificates(
    rows: Sequence[SignOff] | Sequence[PolicySignOff],
    *,
    entries: dict[str, int],
    counting: Collection[str] | None = None,
    now: Dossier | None = None,
) -> list[Certificate]:
    """Return the certificates in the order of signing.

    `entries` gives the number of the ledger entry by sign-off. `counting` holds the sign-offs
    that count now; without it all do. `now` is what others are compared with.
    """
    return [
        Certificate(
            name=str(row.printed_name),
            role=Role(row.role).label,
            decision=Decision(row.decision),
            meaning=row.meaning,
            comment=str(row.comment) if row.comment else "",
            signed_at=row.signed_at,
            digest=row.dossier_digest if isinstance(row, SignOff) else row.policy_digest,
            proof=PROOFS.get(row.proof, row.proof),
            entry=entries.get(row.ref),
            signer_id=row.signer_id,
            counts=counting is None or row.ref in counting or row.decision != Decision.APPROVE,
            changed=changed_since_signed(row, now) if now and isinstance(row, SignOff) else (),
        )
        for row in rows
    ]


def changed_since_signed(row: SignOff, now: Dossier) -> list[str]:
    """Say what differs from the facts that this person signed."""
    return changed_titles(read_dossier(row.dossier.text), now)


def entries_of_request(request: PromotionRequest) -> dict[str, int]:
    """Return the number of the entry that records each sign-off of the request, in one query."""
    return entry_numbers(
        request.model.stream, subjects=[request.ref, request.version.ref], kind=SignOff.REF
    )


def entry_numbers(stream: str, *, subjects: Sequence[str], kind: str) -> dict[str, int]:
    """Return, by sign-off, the number of the entry in this stream that lists it as written."""
    rows = (
        LedgerEntry.objects.of_stream(stream)
        .filter(subject__in=subjects)
        .exclude(verb__in=["call.refused", "version.tagged", "evaluation.recorded"])
        .oldest_first()
    )
    return {ref: entry.seq for entry in rows for ref in entry.states if ref.startswith(f"{kind}:")}
