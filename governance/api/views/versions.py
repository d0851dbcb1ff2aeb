"""One version, by its number or by its label."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.versions import version_body
from governance.registry.models import ModelVersion
from governance.registry.queries import consumer_notice, version_labeled, version_numbered


class Version(APIView):
    """What a version is: its identity, its files, its parts, and whether it is deprecated."""

    CALL: ClassVar[str] = "version"

    def get(self, request: Request, name: str, number: int) -> Response:
        version = version_numbered(name, number, actor=holder_of(request), at=timezone.now())
        return _answer(version)


class LabeledVersion(APIView):
    """The version that has a label."""

    CALL: ClassVar[str] = "labeled_version"

    def get(self, request: Request, name: str, label: str) -> Response:
        return _answer(version_labeled(name, label, actor=holder_of(request), at=timezone.now()))


def _answer(version: ModelVersion) -> Response:
    return Response(version_body(version), headers=consumer_notice(version))
