"""A short story with a known hour for each act, for the tests of the past."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest
from governance.cards.actions import withdraw_card
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from governance.validation.actions import close_finding, open_finding
from tests import factories as f
from tests.factories import NOON, Cast, later

REGISTERED = later(days=1)
CARDED = later(days=1, hours=1)
VALIDATED = later(days=1, hours=2)
ASKED = later(days=2)
HALF_SIGNED = later(days=2, hours=1)
LIVE = later(days=2, hours=2)
FOUND = later(days=3)
CLOSED = later(days=4)
WITHDRAWN = later(days=5)
ARCHIVED = later(days=6)


@dataclass(frozen=True)
class Story:
    cast: Cast
    version: ModelVersion
    request: PromotionRequest


def live_through(cast: Cast) -> Story:
    """A version is registered, documented, validated, signed live, faulted, and archived."""
    f.make_policies(cast)
    model = f.make_model(cast, at=NOON)
    version = f.make_version(cast, model, at=REGISTERED)
    card = f.make_card(cast, version, at=CARDED)
    f.make_report(cast, version, at=VALIDATED)
    f.ask(cast, version, Stage.STAGING, at=VALIDATED)
    request = f.ask(cast, version, Stage.PRODUCTION, at=ASKED).request
    assert request is not None
    f.sign(request, cast.validator, Role.VALIDATOR, at=HALF_SIGNED)
    f.sign(request, cast.approver, Role.APPROVER, at=LIVE)
    finding = open_finding(
        version=version, finding=f.due_finding("LOW"), actor=cast.validator, at=FOUND
    )
    close_finding(finding=finding, reason="Done.", actor=cast.validator, at=CLOSED)
    withdraw_card(revision=card, reason="Wrong figures.", actor=cast.owner, at=WITHDRAWN)
    f.ask(cast, version, Stage.ARCHIVED, at=ARCHIVED)
    version.refresh_from_db()
    request = PromotionRequest.objects.with_version().get(pk=request.pk)
    return Story(cast, version, request)


def minute(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%MZ}"
