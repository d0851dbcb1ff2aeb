"""What a version led to: its validation, where it serves, and where it would."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from governance.accounts.rules import Actor
from governance.approvals.models import PromotionRequest
from governance.core.wording import day
from governance.portal import links
from governance.portal.pages.lineage import Box, Lineage, lineage_of
from governance.registry.models import ModelVersion, SlotAssignment
from governance.registry.queries.lineage import lineage_graph, other_uses
from governance.registry.rules import SlotRole, Stage
from governance.registry.rules.slots import LIVE_ROLES
from governance.validation.models import Report
from governance.validation.queries import latest_report


def draw_lineage(version: ModelVersion, *, reader: Actor, at: datetime) -> Lineage:
    """Draw the lineage of a version with its evidence and use, as far as the reader sees it."""
    graph = lineage_graph(version, reader=reader, at=at)
    return lineage_of(
        graph,
        stage_label=str(Stage(version.stage).label),
        uses=uses_of(version),
        shared=other_uses(graph.inputs, reader=reader, at=at),
    )


def uses_of(version: ModelVersion) -> Iterator[Box]:
    report = latest_report(version)
    if report is not None:
        yield report_box(report)
    serving = SlotAssignment.objects.current().filter(version=version).select_related("slot")
    for assignment in serving:
        role = SlotRole(assignment.role)
        yield Box(
            column="use",
            title=assignment.slot.name,
            sub=f"{role.label.lower()} since {day(assignment.assigned_at)}",
            tone="ok" if role in LIVE_ROLES else "",
        )
    for request in PromotionRequest.objects.open().filter(version=version).select_related("slot"):
        yield Box(
            column="use",
            title=request.slot.name,
            sub=f"asks for {request.goal}",
            href=links.decision(request),
            dashed=True,
        )


def report_box(report: Report) -> Box:
    return Box(
        column="use",
        title=f"Validation {report.number}",
        sub=f"signed {day(report.signed_at)}",
        href=links.validation(report.version),
    )
