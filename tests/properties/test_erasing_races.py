"""Erasures and holds at once: whichever comes first, nothing goes after what a hold keeps."""

from __future__ import annotations

from typing import Any

import pytest

from governance.accounts.actions import Holdable, place_hold
from governance.accounts.models import Erasure, Hold, User
from governance.accounts.rules import HoldExists, NothingToErase, OnHold
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from tests import factories as f
from tests.erasing import erase, let_go
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.mark.parametrize("attempt", range(3))
def test_a_hold_and_an_erasure_go_one_after_the_other(attempt: int) -> None:
    cast = f.make_cast()
    person = let_go(cast.outsider)
    on = Holdable.person(person)

    def act(number: int) -> Any:
        if number % 2:
            return erase(cast, User.objects.get(pk=person.pk))
        return place_hold(on=on, reason="A case.", actor=cast.compliance, at=f.NOON)

    answers = at_once(act, THREADS)
    entries = LedgerEntry.objects.of_stream("accounts").filter(subject=person.ref)
    order = list(
        entries.filter(verb__in=["person.erased", "hold.placed"])
        .order_by("seq")
        .values_list("verb", flat=True)
    )
    assert order in (["hold.placed"], ["person.erased", "hold.placed"]), answers
    person.refresh_from_db()
    assert person.is_erased is ("person.erased" in order)
    assert (Hold.objects.count(), Erasure.objects.count()) == (1, len(order) - 1)
    refused = [type(one) for one in answers if isinstance(one, Exception)]
    assert len(refused) == THREADS - len(order)
    assert set(refused) <= {OnHold, HoldExists, NothingToErase}
    assert verify().intact
