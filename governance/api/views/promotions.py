"""Emergencies and rollbacks: what cannot wait for somebody to open a page."""

from __future__ import annotations

from typing import ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.api.authentication import holder_of
from governance.api.outstanding import EmergencySerializer, asked_body
from governance.api.rollbacks import RollbackSerializer, done_body, outlook_body
from governance.approvals.actions import Outcome, ask_in_emergency, roll_back_for
from governance.approvals.actions.rollbacks import rollback_case
from governance.inventory.queries import model_named
from governance.registry.queries import slot_named, version_numbered


class Emergency(APIView):
    """Ask that a version go live now and be reviewed after."""

    CALL: ClassVar[str] = "emergency"

    def post(self, request: Request, name: str, number: int) -> Response:
        actor, at = holder_of(request), timezone.now()
        version = version_numbered(name, number, actor=actor, at=at)
        said = EmergencySerializer(data=request.data)
        said.is_valid(raise_exception=True)
        named = said.validated_data["slot"]
        asked = ask_in_emergency(
            version=version,
            slot=slot_named(version.model, named) if named else None,
            reason=said.validated_data["reason"],
            actor=actor,
            at=at,
        )
        status = 201 if asked.outcome == Outcome.OPENED else 200
        return Response(asked_body(asked, reader=actor.person, at=at), status=status)


class Rollback(APIView):
    """GET what would return and its digest; POST it with an approver's proof, and it is done."""

    CALL: ClassVar[str] = "rollback"

    def get(self, request: Request, name: str, slot: str) -> Response:
        actor, at = holder_of(request), timezone.now()
        row = slot_named(model_named(name, actor=actor, at=at), slot)
        case = rollback_case(row, at=at)
        return Response(outlook_body(case, reader=actor.person, at=at))

    def post(self, request: Request, name: str, slot: str) -> Response:
        actor, at = holder_of(request), timezone.now()
        row = slot_named(model_named(name, actor=actor, at=at), slot)
        said = RollbackSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        done = roll_back_for(
            email=said.validated_data["approver"],
            password=said.validated_data["password"],
            code=said.validated_data["code"],
            slot=row,
            digest_seen=said.validated_data["digest"],
            reason=said.validated_data["reason"],
            via=actor,
            at=at,
        )
        return Response(done_body(done))
