"""Which requirement has which evidence, of one model and of all."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.coverage import coverage_body, summary_body
from governance.api.past import ListQuery
from governance.evidence.queries.coverage import coverage_of
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.inventory.queries.scopes import framework_named


class ModelCoverage(APIView):
    """Every requirement of one framework, or of all, with its evidence for one model."""

    CALL: ClassVar[str] = "model_coverage"

    def get(self, request: Request, name: str) -> Response:
        at = timezone.now()
        model = model_named(name, actor=holder_of(request), at=at)
        rows = coverage_of([model], at=at, frameworks=_asked(request))[model.pk]
        return Response({"at": at, **coverage_body(model, rows)})


class Coverage(APIView):
    """How many requirements are in which state, model by model, page by page."""

    CALL: ClassVar[str] = "coverage"

    def get(self, request: Request) -> Response:
        actor, at = holder_of(request), timezone.now()
        asked = ListQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        after, limit = asked.validated_data["after"], asked.validated_data["limit"]
        seen = Model.objects.visible_to(actor, at=at).in_use().filter(name__gt=after)
        page = list(seen.select_related("unit").order_by("name")[: limit + 1])
        rows = coverage_of(page[:limit], at=at, frameworks=_asked(request))
        more = page[limit - 1].name if len(page) > limit else None
        bodies = [summary_body(model, rows[model.pk]) for model in page[:limit]]
        return Response({"at": at, "models": bodies, "next": more})


def _asked(request: Request) -> list[str] | None:
    """The framework that the address names, or None for every one. Raises FrameworkNotFound."""
    named = request.query_params.get("framework", "")
    return [framework_named(named).id] if named else None
