"""What the tests of decisions do on pages: read one, take what its form carries, and post it."""

from __future__ import annotations

import re
from html import unescape
from http.cookies import SimpleCookie
from typing import Any
from uuid import UUID

from django.contrib.sessions.models import Session
from django.test import Client

from governance.accounts.models import User
from governance.approvals.models import PromotionRequest
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, PASSWORD, Cast
from tests.remembering import remembered

CLIENTS: dict[UUID, Client] = {}


def signed_in(user: User) -> Client:
    """The browser of this person. Signing in is an act of its own, so it happens once a test."""
    known = CLIENTS.get(user.pk)
    # The same person may have signed in during another test, whose sessions are gone.
    if known is None or not Session.objects.filter(pk=known.cookies["sessionid"].value).exists():
        CLIENTS[user.pk] = known = Client()
        known.force_login(user)
    return known


def everybody_signs_in(cast: Cast) -> None:
    for pk, cookies in _cookies_of(cast).items():
        CLIENTS[pk] = Client()
        CLIENTS[pk].cookies = cookies


@remembered
def _cookies_of(cast: Cast) -> dict[UUID, SimpleCookie]:
    """What the browsers carry once all have signed in."""
    people = (value for value in vars(cast).values() if isinstance(value, User))
    return {user.pk: signed_in(user).cookies for user in people}


def read(user: User, path: str, *, status: int = 200) -> str:
    response = signed_in(user).get(path)
    assert response.status_code == status, response.content.decode()
    return response.content.decode()


def hidden(page: str, name: str) -> str:
    """What a form on the page carries in a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name} on the page"
    return unescape(found[1])


def carried(user: User, request: PromotionRequest) -> str:
    """What the decision page gives this reader to carry to the sign step."""
    return hidden(read(user, f"/decisions/{request.pk}/"), "seen")


def post(user: User, path: str, **data: Any) -> Any:
    return signed_in(user).post(path, data)


def sign_on_page(
    user: User,
    request: PromotionRequest,
    *,
    role: str,
    seen: str,
    decision: str = "APPROVE",
    comment: str = "",
    password: str = PASSWORD,
) -> Any:
    """Post the sign step as a browser would."""
    return post(
        user,
        f"/decisions/{request.pk}/sign/",
        step="sign",
        decision=decision,
        role=role,
        seen=seen,
        comment=comment,
        password=password,
    )


def waiting_request(cast: Cast, name: str = "churn-model", value: str = "0.95") -> PromotionRequest:
    """A version that waits for its validator and its approver; everybody is at their desk."""
    everybody_signs_in(cast)
    factories.make_policies(cast)
    model = factories.make_model(cast, name=name)
    return factories.make_ready(
        cast, factories.make_version(cast, model, metrics={"accuracy": value})
    )


def challenger(cast: Cast, champion: ModelVersion, value: str = "0.96") -> PromotionRequest:
    """A second version of a model in Production, waiting to replace the first."""
    version = factories.make_version(
        cast, champion.model, metrics={"accuracy": value}, artifact="b" * 64, at=NOON
    )
    return factories.make_ready(cast, version)
