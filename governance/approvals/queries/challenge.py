"""The facts behind the figures on challenge: seven queries, however long the history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from governance.accounts.models import Unit, User
from governance.approvals.models import (
    Condition,
    EvidenceOpening,
    Override,
    PromotionRequest,
    SignOff,
)
from governance.approvals.rules.challenge import Decided, Signed, Validated
from governance.approvals.rules.judgement import Decision, RequestState
from governance.core.grouping import by_key
from governance.registry.models import VersionComment
from governance.registry.rules import Move
from governance.validation.models import Finding, Report

DECIDED = (RequestState.DONE, RequestState.REJECTED, RequestState.RETURNED)


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """What was signed, decided and reported in a period; `names` are those of the signers."""

    signed: Sequence[Signed]
    decided: Sequence[Decided]
    validated: Sequence[Validated]
    names: Mapping[str, str]


def openings_by(request: PromotionRequest, reader: User) -> dict[str, datetime]:
    """Return when this person first opened what, by page."""
    rows = EvidenceOpening.objects.filter(request=request, reader=reader)
    return dict(rows.values_list("page", "opened_at"))


def challenge(*, units: Collection[Unit], since: datetime, until: datetime) -> Challenge:
    """Return what happened to the models of these units from one moment to the other.

    Rollbacks are left out: they rest on an earlier approval, and no request waits for them. So is
    what a policy lets go at once, since nobody decides on it.
    """
    keys = [unit.pk for unit in units]
    rows = list(
        SignOff.objects.filter(request__model__unit__in=keys, signed_at__range=(since, until))
        .exclude(request__move=Move.ROLLED_BACK)
        .select_related("signer", "request__model")
        .order_by("signed_at", "pk")
    )
    set_by = Counter(Condition.objects.filter(sign_off__in=rows).values_list("sign_off", flat=True))
    return Challenge(
        signed=[_signed(row, conditions=set_by[row.pk]) for row in rows],
        decided=_decided(keys, since=since, until=until),
        validated=_validated(keys, since=since, until=until),
        names={row.signer.ref: row.signer.name for row in rows},
    )


def _signed(row: SignOff, *, conditions: int) -> Signed:
    return Signed(
        tier=row.request.model.tier,
        role=row.role,
        person=row.signer.ref,
        decision=Decision(row.decision),
        first_opened_at=row.first_opened_at,
        signed_at=row.signed_at,
        evidence=frozenset(filter(None, row.evidence_opened.split(","))),
        has_comment=row.comment_id is not None,
        conditions=conditions,
    )


def _decided(units: Collection[UUID], *, since: datetime, until: datetime) -> list[Decided]:
    rows = list(
        PromotionRequest.objects.filter(
            model__unit__in=units, state__in=DECIDED, closed_at__range=(since, until)
        )
        .exclude(move=Move.ROLLED_BACK)
        .exclude(state=RequestState.DONE, sign_offs=None)
        .select_related("model")
        .order_by("closed_at", "pk")
    )
    words = Counter(
        SignOff.objects.filter(request__in=rows, comment__isnull=False).values_list(
            "request", flat=True
        )
    )
    excused = Counter(Override.objects.filter(request__in=rows).values_list("request", flat=True))
    written = by_key(
        VersionComment.objects.filter(
            version__in={row.version_id for row in rows}, removed_at=None
        ).values_list("version", "written_at"),
        lambda pair: pair[0],
    )
    return [
        Decided(
            tier=row.model.tier,
            outcome=RequestState(row.state),
            opened_at=row.opened_at,
            decided_at=closed,
            comments=words[row.pk]
            + sum(row.opened_at <= at <= closed for _, at in written[row.version_id]),
            overrides=excused[row.pk],
        )
        for row in rows
        if (closed := row.closed_at) is not None
    ]


def _validated(units: Collection[UUID], *, since: datetime, until: datetime) -> list[Validated]:
    reports = list(
        Report.objects.filter(version__model__unit__in=units, signed_at__range=(since, until))
        .select_related("version__model")
        .defer("text")
    )
    found = by_key(
        Finding.objects.filter(report__in=reports).values_list("report", "severity"),
        lambda pair: pair[0],
    )
    return [
        Validated(
            tier=row.version.model.tier,
            findings=Counter(severity for _, severity in found[row.pk]),
        )
        for row in reports
    ]
