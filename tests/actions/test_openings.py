"""Noting what somebody opens before they sign, and what their signature keeps of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions.openings import note_opening
from governance.approvals.models import EvidenceOpening, PromotionRequest, SignOff
from governance.approvals.rules.challenge import EvidencePage
from governance.approvals.rules.judgement import Decision
from governance.audit.registration import state
from governance.registry.models import ModelVersion
from governance.registry.rules import Stage
from tests import factories as f
from tests.factories import NOON, Cast, later
from tests.properties.test_races import at_once
from tests.world import newest_entry

LATER = later(hours=1)


def waiting(cast: Cast) -> PromotionRequest:
    f.make_policies(cast)
    return f.make_ready(cast, f.make_version(cast, f.make_model(cast)))


def note(
    request: PromotionRequest, reader: User, page: EvidencePage, *, at: datetime = NOON
) -> None:
    of: Any = request if page == EvidencePage.DECISION else [request.version]
    note_opening(page=page, of=of, actor=reader, at=at)


def noted() -> list[tuple[str, str, datetime]]:
    rows = EvidenceOpening.objects.order_by("reader__name", "page")
    return list(rows.values_list("reader__name", "page", "opened_at"))


def test_only_the_first_opening_is_kept_of_each_reader_and_page(cast: Cast) -> None:
    request = waiting(cast)
    for at in (NOON, LATER):
        note(request, cast.approver, EvidencePage.CARD, at=at)
    note(request, cast.approver, EvidencePage.DECISION, at=LATER)
    note(request, cast.validator, EvidencePage.CARD, at=LATER)
    assert noted() == [
        ("Arno Approver", "card", NOON),
        ("Arno Approver", "decision", LATER),
        ("Vera Valid", "card", LATER),
    ]


@pytest.mark.parametrize("who", ["owner", "developer", "administrator", "outsider"])
def test_who_could_not_sign_is_not_noted(cast: Cast, who: str) -> None:
    note(waiting(cast), getattr(cast, who), EvidencePage.CARD)
    assert noted() == []


def test_who_may_sign_in_another_unit_alone_is_not_noted(cast: Cast) -> None:
    request = waiting(cast)
    elsewhere = f.create_unit(path="bank/markets", name="Markets", actor=f.CONSOLE, at=NOON)
    note(request, f.make_person("Mia Markets", Role.APPROVER, unit=elsewhere), EvidencePage.CARD)
    assert noted() == []


def test_a_closed_request_is_noted_no_more_and_another_version_never(cast: Cast) -> None:
    request = waiting(cast)
    other = f.make_version(cast, request.model, artifact="b" * 64)
    note_opening(page=EvidencePage.VERSION, of=[other], actor=cast.approver, at=NOON)
    f.sign(request, cast.approver, Role.APPROVER, decision=Decision.RETURN, comment="Thin.")
    note(request, cast.validator, EvidencePage.DECISION)
    note_opening(page=EvidencePage.PACK, of=request.model, actor=cast.validator, at=NOON)
    assert noted() == []


def test_a_pack_is_evidence_of_every_open_request_of_its_model(cast: Cast) -> None:
    first = waiting(cast)
    second = f.make_version(cast, first.model, metrics={"accuracy": "0.5"}, artifact="b" * 64)
    assert f.ask(cast, second, Stage.STAGING).request is not None
    note_opening(page=EvidencePage.PACK, of=first.model, actor=cast.approver, at=NOON)
    assert EvidenceOpening.objects.count() == 2


def test_a_signature_takes_up_what_was_opened_and_the_ledger_keeps_its_digest(cast: Cast) -> None:
    request = waiting(cast)
    for page in (EvidencePage.VALIDATION, EvidencePage.CARD, EvidencePage.DECISION):
        note(request, cast.validator, page)
    note(request, cast.approver, EvidencePage.VERSION)
    signed = f.sign(request, cast.validator, Role.VALIDATOR, at=LATER)
    assert (signed.first_opened_at, signed.evidence_opened) == (NOON, "card,validation")
    kept = SignOff.objects.get(pk=signed.pk)
    assert newest_entry(request.model.stream).states[signed.ref] == state(kept)
    kept.evidence_opened = "card"
    assert newest_entry(request.model.stream).states[signed.ref] != state(kept)


def test_who_opened_nothing_signs_without_a_note(cast: Cast) -> None:
    signed = f.sign(waiting(cast), cast.validator, Role.VALIDATOR)
    assert (signed.first_opened_at, signed.evidence_opened) == (None, "")


def test_every_page_together_fits_into_the_signature(cast: Cast) -> None:
    request = waiting(cast)
    for page in EvidencePage:
        note(request, cast.validator, page)
    signed = f.sign(request, cast.validator, Role.VALIDATOR)
    assert signed.evidence_opened == "card,data,pack,validation,version"


def queries(version: ModelVersion, reader: User) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        note_opening(page=EvidencePage.CARD, of=[version], actor=reader, at=NOON)
    return [query["sql"] for query in captured]


@pytest.mark.backend
def test_costs_one_read_where_nothing_is_new(cast: Cast) -> None:
    request = waiting(cast)
    still = f.make_version(cast, request.model, artifact="b" * 64)
    for version in (still, request.version):
        note_opening(page=EvidencePage.CARD, of=[version], actor=cast.approver, at=NOON)
        (asked,) = queries(version, cast.approver)
        assert asked.startswith("SELECT")
    # Who cannot sign takes two more, and writes nothing either.
    assert [sql[:6] for sql in queries(request.version, cast.developer)] == ["SELECT"] * 3


@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_many_tabs_at_once_are_noted_once_and_none_fails(cast: Cast) -> None:
    request = waiting(cast)

    def open_it(index: int) -> None:
        note(request, cast.approver, EvidencePage.CARD, at=later(minutes=index))

    assert at_once(open_it, 8) == [None] * 8
    (row,) = EvidenceOpening.objects.all()
    assert (row.reader, row.page) == (cast.approver, "card")
