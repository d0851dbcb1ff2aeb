"""What was said and done around a request, in order: everything here is part of the record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff, Tick
from governance.approvals.queries.cases import sign_offs_of
from governance.approvals.queries.reading import LIVE
from governance.approvals.rules.gates.naming import check_name
from governance.approvals.rules.judgement import Decision, RequestState
from governance.registry.models import VersionComment
from governance.registry.queries.comments import standing_comments


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that somebody said or did; `text` is their own words, if there are any."""

    name: str
    did: str
    at: datetime
    text: str = ""
    is_signature: bool = False


SIGNED = {
    Decision.APPROVE: "signed as {role}",
    Decision.RETURN: "returned it for changes, as {role}",
    Decision.REJECT: "rejected it, as {role}",
}


def conversation(request: PromotionRequest) -> list[Said]:
    """Everything around one request, oldest first, in six queries however much there is.

    Comments stand on the version; shown are those written from the asking to the decision.
    """
    found = [
        _asked(request),
        *map(_commented, _comments(request)),
        *map(_signed, sign_offs_of(request)),
        *map(_ticked, _ticks(request)),
        *_overrode(request),
        *_closed(request),
    ]
    return sorted(found, key=lambda one: one.at)


def _asked(request: PromotionRequest) -> Said:
    return Said(
        name=request.requested_by.name,
        did=f"asked for {request.goal}{' in an emergency' if request.reason else ''}",
        at=request.opened_at,
        text=str(request.reason) if request.reason else "",
    )


def _comments(request: PromotionRequest) -> Sequence[VersionComment]:
    rows = standing_comments().filter(version=request.version_id, written_at__gte=request.opened_at)
    return list(rows.filter(written_at__lte=request.closed_at) if request.closed_at else rows)


def _commented(row: VersionComment) -> Said:
    edited = ", edited since" if row.edited_at else ""
    return Said(name=row.author.name, did=f"wrote{edited}", at=row.written_at, text=str(row.body))


def _signed(row: SignOff) -> Said:
    did = SIGNED[Decision(row.decision)].format(role=Role(row.role).label.lower())
    deputy = f", for {row.on_behalf_of.name}" if row.on_behalf_of else ""
    return Said(
        name=str(row.printed_name),
        did=did + deputy,
        at=row.signed_at,
        text=str(row.comment) if row.comment else "",
        is_signature=True,
    )


def _ticks(request: PromotionRequest) -> Sequence[Tick]:
    return list(request.ticks.select_related("ticked_by", "note").order_by("ticked_at"))


def _ticked(row: Tick) -> Said:
    check = row.check_id.partition(".")[2].replace("-", " ")
    found = "holds" if row.holds else "does not hold"
    return Said(
        name=row.ticked_by.name, did=f"found that it {found}: {check}", at=row.ticked_at,
        text=str(row.note),
    )  # fmt: skip


def _overrode(request: PromotionRequest) -> Iterator[Said]:
    for row in LIVE.overrides(request):
        for one in row.sign_offs.all():
            proposed = one.signer_id == row.proposed_by_id
            verb = "proposed" if proposed else "signed"
            yield Said(
                name=str(one.printed_name),
                did=f"{verb} an override: {check_name(row.check_id)}",
                at=one.signed_at,
                text=str(row.reason) if proposed else "",
                is_signature=True,
            )


def _closed(request: PromotionRequest) -> Iterator[Said]:
    """How it ended, where that is no signature."""
    unsigned = request.state == RequestState.WITHDRAWN
    if unsigned and request.closed_at and request.closed_reason:
        yield Said(
            name="The requester or the owner", did="withdrew it", at=request.closed_at,
            text=str(request.closed_reason),
        )  # fmt: skip
