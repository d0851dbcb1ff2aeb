"""Two clicks in the same moment, on a database that really locks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff
from governance.audit.models import LedgerEntry
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories
from tests.factories import PASSWORD, sign
from tests.http.portal.deciding import carried, signed_in, waiting_request

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def click(user: User, request: PromotionRequest, seen: str, role: str) -> Callable[[], Any]:
    client = signed_in(user)
    data = {"step": "sign", "decision": "APPROVE", "role": role, "seen": seen}
    return lambda: client.post(
        f"/decisions/{request.pk}/sign/", data | {"password": PASSWORD, "comment": "Now."}
    )


def test_a_double_click_in_the_same_moment_signs_once() -> None:
    cast = factories.make_cast()
    request = waiting_request(cast)
    seen = carried(cast.validator, request)
    answers = at_once(*[click(cast.validator, request, seen, "VALIDATOR")] * 2)
    assert [answer.status_code for answer in answers] == [302, 302]
    assert SignOff.objects.filter(request=request).count() == 1


def test_of_two_last_signatures_in_the_same_moment_one_counts() -> None:
    cast = factories.make_cast()
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    people = (cast.approver, cast.second_approver)
    answers = at_once(*(click(u, request, carried(u, request), "APPROVER") for u in people))
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    assert "is closed already: approved." in late.content.decode()
    assert "Now." in late.content.decode()
    assert SignOff.objects.filter(request=request, role="APPROVER").count() == 1
    assert ModelVersion.objects.get(pk=request.version_id).stage == Stage.PRODUCTION
    assert LedgerEntry.objects.filter(verb="version.promoted", subject=request.version.ref).count()
