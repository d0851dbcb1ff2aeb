"""What is kept beside a model, who can approve it, and the policies: now, or at a past moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.accounts.queries import TokenHolder
from governance.api.authentication import holder_of
from governance.api.past import instant_in, require_then
from governance.api.records import (
    attestation_body,
    change_body,
    dependency_body,
    due_body,
    policy_body,
    review_body,
    waiver_body,
)
from governance.approvals.queries.policies import signed_policies
from governance.core.instants import limit_of, today_of
from governance.evidence.queries.approvers import approvers_document, who_could_approve
from governance.inventory.models import Campaign, Model, Review, Waiver
from governance.inventory.queries import consumers_directly, feeders_directly, model_named
from governance.inventory.queries.attestations import progress_of
from governance.inventory.queries.model_changes import changes_of
from governance.inventory.queries.reviews import review_standings

MAX_NUMBER = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Of which model, as of when. `by` is None for the present, which is `at`."""

    model: Model
    actor: TokenHolder
    at: datetime
    by: datetime | None
    today: date

    def answer(self, **said: Any) -> Response:
        return Response({"as_of": self.by or self.at, "model": self.model.name, **said})


def asked_of(request: Request, name: str) -> Asked:
    """Raises InvalidInput, ModelNotFound, NotThen."""
    at, actor = timezone.now(), holder_of(request)
    model = model_named(name, actor=actor, at=at)
    instant = instant_in(request, at=at)
    by = limit_of(instant)
    require_then(model, by or at)
    return Asked(model=model, actor=actor, at=at, by=by, today=today_of(instant, at=at))


class Approvers(APIView):
    """Who can sign for a request, or for a version on its way into Production, and who cannot."""

    CALL: ClassVar[str] = "approvers"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        query = ApproversQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        found = who_could_approve(
            asked.model,
            request_id=query.validated_data["request"],
            number=query.validated_data["version"],
            at=asked.at,
            by=asked.by,
        )
        names = {one.person.ref: one.person.name for place in found.places for one in place.seats}
        names |= {one.user.ref: one.user.name for one in found.grants}
        return Response(
            {"as_of": asked.by or asked.at, **approvers_document(found), "names": names}
        )


class ApproversQuery(serializers.Serializer[Any]):
    request = serializers.UUIDField(required=False, default=None)
    version = serializers.IntegerField(
        min_value=1, max_value=MAX_NUMBER, required=False, default=None
    )


class Waivers(APIView):
    """What of a model is let off, by when that was asked."""

    CALL: ClassVar[str] = "waivers"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        rows = Waiver.objects.filter(model=asked.model).with_all(by=asked.by)
        found = rows.order_by("requested_at", "pk")
        return asked.answer(waivers=[waiver_body(row, today=asked.today) for row in found])


class Reviews(APIView):
    """The reviews of a model, and when the next is due."""

    CALL: ClassVar[str] = "reviews"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        made = Review.objects.filter(model=asked.model).select_related("words", "reviewer")
        known = made.filter(reviewed_at__lte=asked.by) if asked.by else made
        (standing,) = review_standings([asked.model], today=asked.today, by=asked.by)
        return asked.answer(
            reviews=[review_body(row) for row in known.order_by("reviewed_at", "pk")],
            next=due_body(standing, today=asked.today),
        )


class Changes(APIView):
    """What was proposed of a live model, and what became of it."""

    CALL: ClassVar[str] = "changes"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        rows = reversed(changes_of(asked.model, by=asked.by))
        return asked.answer(changes=[change_body(row) for row in rows])


class Attestations(APIView):
    """In which campaigns the model was, and what its owner attested."""

    CALL: ClassVar[str] = "attestations"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        campaigns = Campaign.objects.filter(items__model=asked.model).with_all(by=asked.by)
        found = progress_of(
            list(campaigns.order_by("opened_at", "pk")),
            actor=asked.actor,
            at=asked.at,
            today=asked.today,
            by=asked.by,
        )
        bodies = [
            attestation_body(one, row)
            for one in found
            for row in one.rows
            if row.model == asked.model
        ]
        return asked.answer(attestations=bodies)


class Dependencies(APIView):
    """What feeds a model, and what it feeds, of what the caller may see."""

    CALL: ClassVar[str] = "dependencies"

    def get(self, request: Request, name: str) -> Response:
        asked = asked_of(request, name)
        said: dict[str, Any] = {"actor": asked.actor, "at": asked.at, "by": asked.by}
        feeders = feeders_directly(asked.model, **said)
        consumers = consumers_directly(asked.model, **said)
        return asked.answer(
            feeders=_bodies(feeders.rows),
            consumers=_bodies(consumers.rows),
            unseen=feeders.unseen + consumers.unseen,
        )


def _bodies(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [dependency_body(row) for row in rows]


class Policies(APIView):
    """Every version of every policy, by key and number; every token may read the firm's rules."""

    CALL: ClassVar[str] = "policies"

    def get(self, request: Request) -> Response:
        at = timezone.now()
        by = limit_of(instant_in(request, at=at))
        bodies = [policy_body(row, given, by=by) for row, given in signed_policies(by=by)]
        return Response({"as_of": by or at, "policies": bodies})
