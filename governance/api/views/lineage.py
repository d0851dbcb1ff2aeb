"""Lineage: events that arrive, the graph around a version, and who used a data snapshot."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.lineage import UsesQuery, event_body, graph_body, uses_body
from governance.registry.actions.reported_lineage import report_lineage
from governance.registry.queries import version_numbered
from governance.registry.queries.lineage import (
    lineage_graph,
    matched_versions,
    serving_of,
    snapshot_uses,
)
from governance.registry.rules.openlineage import read_event


class LineageEvents(APIView):
    """One OpenLineage event; the address that its clients are set up with."""

    CALL: ClassVar[str] = "report_lineage"

    def post(self, request: Request) -> Response:
        actor, at = holder_of(request), timezone.now()
        said = read_event(request.data)
        event = report_lineage(event=said, unit=actor.service.unit, actor=actor, at=at)
        versions = matched_versions(event, reader=actor, at=at)
        return Response(event_body(event, versions), status=201)


class VersionLineage(APIView):
    """Where a version comes from and what came from it."""

    CALL: ClassVar[str] = "version_lineage"

    def get(self, request: Request, name: str, number: int) -> Response:
        actor, at = holder_of(request), timezone.now()
        version = version_numbered(name, number, actor=actor, at=at)
        graph = lineage_graph(version, reader=actor, at=at)
        return Response(graph_body(graph, serving_of(graph.versions)))


class SnapshotVersions(APIView):
    """Which versions were made or measured with a data snapshot."""

    CALL: ClassVar[str] = "snapshot_versions"

    def get(self, request: Request, digest: str) -> Response:
        asked = UsesQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        found = snapshot_uses(
            digest,
            reader=holder_of(request),
            at=timezone.now(),
            live_only=asked.validated_data["live"],
            purpose=asked.validated_data["purpose"],
        )
        return Response(uses_body(found))
