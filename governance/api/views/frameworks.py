"""Frameworks: which there are, and what each asks for."""

from __future__ import annotations

from typing import ClassVar

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.frameworks import framework_body, frameworks_body
from governance.inventory.queries.scopes import framework_named


class Frameworks(APIView):
    """Every framework that counts here. Whoever has a token may read which there are."""

    CALL: ClassVar[str] = "frameworks"

    def get(self, request: Request) -> Response:
        return Response(frameworks_body())


class OneFramework(APIView):
    """One framework: its versions with their requirements, crosswalks and obligations."""

    CALL: ClassVar[str] = "framework"

    def get(self, request: Request, key: str) -> Response:
        return Response(framework_body(framework_named(key)))
