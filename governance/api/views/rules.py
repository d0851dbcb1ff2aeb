"""Which frameworks apply to a model."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.scopes import rules_body
from governance.core.wording import as_date
from governance.inventory.queries import model_named
from governance.inventory.queries.scopes import computed_scope, latest_scope


class Rules(APIView):
    """What is on record of the model's scope of rules, as of today."""

    CALL: ClassVar[str] = "rules"

    def get(self, request: Request, name: str) -> Response:
        at = timezone.now()
        model = model_named(name, actor=holder_of(request), at=at)
        scope = latest_scope(model) or computed_scope(model)
        return Response(rules_body(model, scope, on=as_date(at)))
