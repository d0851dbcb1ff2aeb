"""What is live, what serving systems run, and whether a version may be deployed."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.past import instant_in
from governance.api.serving import (
    AllowQuery,
    LiveQuery,
    ReportSerializer,
    allowance_body,
    places_body,
    report_body,
)
from governance.approvals.queries.standing import allowance_now
from governance.inventory.queries import model_named
from governance.registry.actions.deployments import report_deployment
from governance.registry.queries import consumer_notice, version_numbered
from governance.registry.queries.serving import places


class Live(APIView):
    """What serves: of a model, of a slot or of the whole bank, now or on a past date."""

    CALL: ClassVar[str] = "live"

    def get(self, request: Request) -> Response:
        actor, at = holder_of(request), timezone.now()
        asked = LiveQuery(data=request.query_params, context={"at": at})
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        name, on = said["model"], said["on"]
        if instant := instant_in(request, at=at):
            on = instant.moment
        model = model_named(name, actor=actor, at=at) if name else None
        found = places(actor, at=at, on=on, model=model, slot=said["slot"])
        return Response(places_body(found, on=on or at))


class DeploymentReports(APIView):
    """What an instance says that it runs."""

    CALL: ClassVar[str] = "report_deployment"

    def post(self, request: Request) -> Response:
        actor, at = holder_of(request), timezone.now()
        said = ReportSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        model = model_named(said.validated_data["model"], actor=actor, at=at)
        row = report_deployment(model=model, said=said.running(), actor=actor, at=at)
        return Response(report_body(row))


class Allow(APIView):
    """Whether a version may answer live traffic in a slot now: yes or no, and why."""

    CALL: ClassVar[str] = "allow"

    def get(self, request: Request, name: str, number: int) -> Response:
        at = timezone.now()
        version = version_numbered(name, number, actor=holder_of(request), at=at)
        asked = AllowQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        slot = asked.validated_data["slot"]
        answer = allowance_now(version, slot=slot, digest=asked.hex, at=at)
        body = allowance_body(answer, version=version, slot=slot)
        return Response(body, headers=consumer_notice(version))
