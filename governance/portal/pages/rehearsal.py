"""A rehearsal on a page: how much would come out differently, and what, each with its link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.rehearsals import (
    LiveVersion,
    PastDecision,
    a_year_before,
    rehearsal_of,
)
from governance.approvals.rules.policies import read_policy
from governance.inventory.models import Model
from governance.portal import links
from governance.registry.models import SlotAssignment


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """One decision that would come out differently, or that people refused."""

    request: PromotionRequest
    objections: Sequence[str]

    @property
    def href(self) -> str:
        return links.decision(self.request)


@dataclass(frozen=True, kw_only=True)
class LiveRow:
    """One version that serves and would be out of policy."""

    assignment: SlotAssignment
    request: PromotionRequest
    objections: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class RehearsalPage:
    title: str
    summary: str
    would_differ: bool
    differing: Sequence[DecisionRow]
    refused: Sequence[DecisionRow]
    live: Sequence[LiveRow]
    most: int
    is_cut: bool
    cautions: Sequence[str]


def rehearsal_page(*, text: str, since: date | None, reader: User, at: datetime) -> RehearsalPage:
    """Rehearse the policy that the text states over what this reader may see.

    Raises InvalidInput naming each wrong place.
    """
    found = rehearsal_of(
        read_policy(text),
        models=Model.objects.visible_to(reader, at=at),
        since=since or a_year_before(at),
        at=at,
    )
    return RehearsalPage(
        title=found.trial.candidate.title,
        summary=found.summary,
        would_differ=found.would_differ,
        differing=[_decision(one) for one in found.differing],
        refused=[_decision(one) for one in found.refused_by_people],
        live=[_live(one) for one in found.out_of_policy],
        most=found.most,
        is_cut=found.is_cut,
        cautions=found.cautions,
    )


def _decision(one: PastDecision) -> DecisionRow:
    return DecisionRow(request=one.request, objections=one.rehearsed.objections)


def _live(one: LiveVersion) -> LiveRow:
    return LiveRow(
        assignment=one.assignment, request=one.request, objections=one.rehearsed.objections
    )
