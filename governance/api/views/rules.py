"""Which frameworks apply to a model."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.past import NotThen, instant_in
from governance.api.scopes import rules_body
from governance.core.wording import as_date
from governance.inventory.queries import model_named
from governance.inventory.queries.scopes import computed_scope, latest_scope


class Rules(APIView):
    """What is on record of the model's scope of rules, as of today or of a past moment."""

    CALL: ClassVar[str] = "rules"

    def get(self, request: Request, name: str) -> Response:
        at = timezone.now()
        model = model_named(name, actor=holder_of(request), at=at)
        instant = instant_in(request, at=at)
        if instant is None:
            scope = latest_scope(model) or computed_scope(model)
            return Response(rules_body(model, scope, on=as_date(at)))
        then = latest_scope(model, by=instant.moment)
        if then is None:
            raise NotThen(f"No scope of {model.name} was on record {instant.when}.")
        body = rules_body(model, then, on=instant.day)
        return Response({"as_of": instant.moment, **body})
