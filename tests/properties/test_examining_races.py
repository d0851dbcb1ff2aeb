"""Examinations at once with what bars them, and with their end."""

from __future__ import annotations

from typing import Any

import pytest

from governance.accounts.actions import grant_role
from governance.accounts.models import RoleGrant, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.audit.verification import verify
from governance.core.errors import DomainError
from governance.evidence.actions.examining import record_view
from governance.evidence.models import ExaminationView, InformationRequest
from governance.inventory.actions.examinations import end_examination
from governance.inventory.models import Examiner
from tests import factories as f
from tests.examining import asked, examination, examiner
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]


def test_an_account_gets_a_role_or_an_examination_and_never_both() -> None:
    cast = f.make_cast()
    model = f.make_model(cast)
    people = [examiner(cast, f"Person {name}") for name in ("One", "Two", "Three", "Four")]

    def one_or_the_other(index: int) -> Any:
        person = people[index // 2]
        if index % 2:
            return grant_role(
                user=person, role=Role.VALIDATOR, unit=cast.unit, starts_at=f.NOON, actor=CONSOLE,
                at=f.NOON,
            )  # fmt: skip
        return examination(cast, [person], [model])

    answers = at_once(one_or_the_other, 2 * len(people))
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert {one.code for one in refused} <= {"examiners_account", "unfit_examiner"}
    assert len(refused) == len(people)
    holders = set(RoleGrant.objects.values_list("user", flat=True))
    examiners = set(Examiner.objects.values_list("user", flat=True))
    assert holders & examiners == set()
    assert set(User.objects.filter(is_examiner=True).values_list("pk", flat=True)) == examiners
    assert verify(states=True).intact


def test_nothing_is_shown_or_asked_behind_the_end() -> None:
    cast = f.make_cast()
    model, person = f.make_model(cast), examiner(cast)
    row = examination(cast, [person], [model])
    person.refresh_from_db()

    def act(index: int) -> Any:
        if index == 3:
            return end_examination(
                examination_id=row.pk, reason="Done.", actor=cast.compliance, at=f.NOON
            )
        if index % 2:
            return asked(person, model)
        return record_view(page="home", path="/", model=None, actor=person, at=f.NOON)

    answers = at_once(act, 8)
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    assert {one.code for one in refused} <= {"examination_over", "examination_not_found"}
    done = ExaminationView.objects.count() + InformationRequest.objects.count()
    assert done == len(answers) - len(refused) - 1
    numbers = InformationRequest.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, len(numbers) + 1))
    last = LedgerEntry.objects.of_stream(row.stream).latest("seq")
    assert last.verb == Verb.EXAMINATION_ENDED
    assert verify(states=True).intact
