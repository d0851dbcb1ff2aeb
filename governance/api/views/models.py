"""Models, their findings and their requests: now, or with `as_of` at a past moment.

Both are read the same way, from rows that say since when they hold.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.past import (
    ListQuery,
    NotThen,
    finding_body,
    instant_in,
    listed,
    model_body,
    request_body,
    require_then,
)
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import request_by_id
from governance.approvals.queries.past import requests_at
from governance.evidence.queries.past import past_standings
from governance.inventory.models import Model
from governance.inventory.queries import model_named
from governance.registry.queries.past import stages_at
from governance.validation.models import Finding


class Models(APIView):
    """What stood in the inventory, page by page."""

    CALL: ClassVar[str] = "models"

    def get(self, request: Request) -> Response:
        actor, at = holder_of(request), timezone.now()
        moment = _moment(request, at=at)
        asked = ListQuery(data=request.query_params)
        asked.is_valid(raise_exception=True)
        after, limit = asked.validated_data["after"], asked.validated_data["limit"]
        rows = listed(actor, moment, at=at).filter(name__gt=after).select_related("unit")
        page = list(rows[: limit + 1])
        found = [model_body(one) for one in past_standings(page[:limit], moment)]
        more = page[limit - 1].name if len(page) > limit else None
        return Response({"as_of": moment, "models": found, "next": more})


class OneModel(APIView):
    """One model, and the stages of its versions."""

    CALL: ClassVar[str] = "model"

    def get(self, request: Request, name: str) -> Response:
        model, moment = _model(request, name)
        body = model_body(past_standings([model], moment)[0])
        versions = list(model.versions.filter(registered_at__lte=moment).order_by("-number"))
        stages = stages_at(versions, moment)
        stood = [
            {"version": str(row.number), "stage": stages[row.pk], "digest": row.digest}
            for row in versions
        ]
        return Response({"as_of": moment, **body, "versions": stood})


class Findings(APIView):
    """What had been found in a model, and whether it was open."""

    CALL: ClassVar[str] = "findings"

    def get(self, request: Request, name: str) -> Response:
        model, moment = _model(request, name)
        rows = Finding.objects.filter(model=model, opened_at__lte=moment)
        found = rows.select_related("version").order_by("number")
        bodies = [finding_body(row, moment) for row in found]
        return Response({"as_of": moment, "model": model.name, "findings": bodies})


class Requests(APIView):
    """What had been asked for, how it stood, and who had signed."""

    CALL: ClassVar[str] = "requests"

    def get(self, request: Request, name: str) -> Response:
        model, moment = _model(request, name)
        rows = PromotionRequest.objects.filter(model=model).with_version().order_by("number")
        bodies = [request_body(one) for one in requests_at(rows, moment)]
        return Response({"as_of": moment, "model": model.name, "requests": bodies})


class OneRequest(APIView):
    """One request; `dossier` is the text that was signed or decided on last."""

    CALL: ClassVar[str] = "request"

    def get(self, request: Request, request_id: UUID) -> Response:
        at = timezone.now()
        row = request_by_id(request_id, actor=holder_of(request), at=at)
        moment = _moment(request, at=at)
        then = next(iter(requests_at([row], moment)), None)
        if then is None:
            raise NotThen(f"{row} had not been asked for yet.")
        body: dict[str, Any] = {"as_of": moment, "model": row.model.name, **request_body(then)}
        return Response(body | {"dossier": then.dossier.text if then.dossier else None})


def _moment(request: Request, *, at: datetime) -> datetime:
    instant = instant_in(request, at=at)
    return instant.moment if instant else at


def _model(request: Request, name: str) -> tuple[Model, datetime]:
    at = timezone.now()
    model = model_named(name, actor=holder_of(request), at=at)
    moment = _moment(request, at=at)
    require_then(model, moment)
    return model, moment
