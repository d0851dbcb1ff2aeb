"""What was measured of a version."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.serializers import EvaluationsSerializer, evaluation
from governance.registry.actions import record_evaluations
from governance.registry.queries import results_of, version_numbered
from governance.registry.rules import Source


class Evaluations(APIView):
    """What was measured of a version: GET all of it, POST more. Nothing is ever replaced."""

    CALL: ClassVar[str] = "evaluations"

    def get(self, request: Request, name: str, number: int) -> Response:
        version = version_numbered(name, number, actor=holder_of(request), at=timezone.now())
        return Response({"results": [evaluation(result) for result in results_of(version)]})

    def post(self, request: Request, name: str, number: int) -> Response:
        actor, at = holder_of(request), timezone.now()
        version = version_numbered(name, number, actor=actor, at=at)
        said = EvaluationsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        results = record_evaluations(
            version=version,
            measurements=said.measurements(dataset_digest=version.dataset_digest),
            source=Source.POSTED,
            actor=actor,
            at=at,
        )
        return Response({"results": [evaluation(result) for result in results]}, status=201)
