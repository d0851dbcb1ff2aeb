"""One version, by its number or by its label."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.past import instant_in, require_then, then_body
from governance.api.versions import past_body, version_body
from governance.evidence.queries.past import version_then
from governance.registry.models import ModelVersion
from governance.registry.queries import consumer_notice, version_labeled, version_numbered


class Version(APIView):
    """What a version is: its identity, its files, its parts, and whether it is deprecated.

    `?as_of=` says what stood beside it at a past moment; it says nothing of today.
    """

    CALL: ClassVar[str] = "version"

    def get(self, request: Request, name: str, number: int) -> Response:
        at = timezone.now()
        version = version_numbered(name, number, actor=holder_of(request), at=at)
        if instant := instant_in(request, at=at):
            require_then(version, instant.moment)
            then = version_then(version, instant.moment)
            return Response({"as_of": instant.moment, **past_body(then), **then_body(then)})
        return _answer(version)


class LabeledVersion(APIView):
    """The version that has a label."""

    CALL: ClassVar[str] = "labeled_version"

    def get(self, request: Request, name: str, label: str) -> Response:
        return _answer(version_labeled(name, label, actor=holder_of(request), at=timezone.now()))


def _answer(version: ModelVersion) -> Response:
    return Response(version_body(version), headers=consumer_notice(version))
