"""What keeps somebody from signing, and the entries of the ledger that show it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from governance.accounts.models import RoleGrant, User
from governance.accounts.rules import Role
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.queries.cases import case_of
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.entries import EntryMark, entries_making
from governance.audit.models import LedgerEntry
from governance.inventory.actions import edit_model
from governance.inventory.models import Builder
from governance.registry.actions.tags import set_version_tag
from governance.registry.rules import Stage
from governance.validation.models import Report
from tests import factories as f
from tests.actions.test_inventory import record_of
from tests.factories import Cast, later

UNIT_APART = f.TO_PRODUCTION.replace(
    'meaning: "I approve', 'independent_of: [UNIT], meaning: "I approve'
)


@pytest.fixture
def request_(cast: Cast) -> PromotionRequest:
    f.make_policies(cast)
    return f.make_ready(cast, f.make_version(cast, f.make_model(cast)))


def marks_of(
    request: PromotionRequest, reader: User, role: Role = Role.APPROVER
) -> dict[str, list[EntryMark]]:
    fresh = PromotionRequest.objects.with_version().get(pk=request.pk)
    found = reader_bars(case_of(fresh, at=later(days=1)), reader=reader, role=role)
    records = [ref for bar in found for ref in bar.rests_on]
    marks = entries_making(records, stream=request.model.stream)
    return {bar.rule: [marks[ref] for ref in bar.rests_on] for bar in found}


def said_by(mark: EntryMark, verb: str, *, stream: str) -> bool:
    """Whether the entry of that number in that stream did make the record."""
    entry = LedgerEntry.objects.of_stream(stream).get(seq=mark.number)
    earlier = LedgerEntry.objects.of_stream(stream).filter(seq__lt=mark.number)
    return (
        (entry.verb, entry.pk, mark.stream) == (verb, mark.key, stream)
        and mark.record in entry.states
        and not any(mark.record in one.states for one in earlier)
    )


@pytest.mark.backend
def test_each_bar_leads_to_the_entry_that_made_its_record(
    cast: Cast, request_: PromotionRequest
) -> None:
    stream = request_.model.stream
    # Later entries list the same records again, or only speak of them.
    set_version_tag(
        version=request_.version, key="note", value="x", actor=cast.developer, at=later(hours=1)
    )
    f.sign(request_, cast.validator, Role.VALIDATOR, at=later(hours=2))

    (owns,) = marks_of(request_, cast.owner)["owner_signs_not"]
    assert owns.record == Builder.objects.get(user=cast.owner).ref
    assert said_by(owns, "model.created", stream=stream)

    built = marks_of(request_, cast.developer)
    assert built.keys() == {
        "card_editor_signs_not", "developer_signs_not", "registrant_signs_not",
        "requester_signs_not",
    }  # fmt: skip
    assert said_by(built["developer_signs_not"][0], "model.created", stream=stream)
    assert said_by(built["card_editor_signs_not"][0], "card.drafted", stream=stream)
    (published,) = marks_of(request_, cast.owner)["card_editor_signs_not"]
    assert said_by(published, "card.published", stream=stream)
    assert built["registrant_signs_not"][0].record == request_.version.ref
    assert said_by(built["registrant_signs_not"][0], "version.registered", stream=stream)
    assert built["requester_signs_not"][0].record == request_.ref
    assert said_by(built["requester_signs_not"][0], "request.opened", stream=stream)

    judged = marks_of(request_, cast.validator)
    assert judged["nobody_signs_twice"][0].record == SignOff.objects.get().ref
    assert said_by(judged["nobody_signs_twice"][0], "request.signed", stream=stream)
    assert judged["validator_approves_not"][0].record == Report.objects.get().ref
    assert said_by(judged["validator_approves_not"][0], "validation.signed", stream=stream)


def test_who_joined_later_is_shown_the_change_of_the_record(
    cast: Cast, request_: PromotionRequest
) -> None:
    joined = f.make_person("Jo Joined", Role.APPROVER, unit=cast.root)
    record = replace(record_of(request_.model), developers=[cast.developer, joined])
    edit_model(model=request_.model, record=record, actor=cast.owner, at=later(hours=1))
    (mark,) = marks_of(request_, joined)["developer_signs_not"]
    assert said_by(mark, "model.updated", stream=request_.model.stream)


def test_two_reports_are_two_entries_in_order(cast: Cast, request_: PromotionRequest) -> None:
    f.make_report(cast, request_.version, at=later(hours=1))
    marks = marks_of(request_, cast.validator)["validator_approves_not"]
    assert [mark.record for mark in marks] == [
        report.ref for report in Report.objects.order_by("number")
    ]
    assert all(said_by(m, "validation.signed", stream=request_.model.stream) for m in marks)


def test_that_who_asked_has_validated_is_shown_to_everybody(
    cast: Cast, request_: PromotionRequest
) -> None:
    both = f.make_person("Bo Both", Role.VALIDATOR, Role.DEVELOPER, unit=cast.unit)
    second = f.make_version(cast, request_.model, artifact="b" * 64)
    f.make_report(cast, second, validator=both)
    f.make_card(cast, second)
    f.ask(cast, second, Stage.STAGING, actor=both)
    asked = f.ask(cast, second, Stage.PRODUCTION, actor=both).request
    assert asked is not None
    (mark,) = marks_of(asked, cast.approver)["validator_asks_not"]
    assert mark.record == Report.objects.get(version=second).ref
    assert said_by(mark, "validation.signed", stream=asked.model.stream)


def test_a_builder_of_the_unit_is_shown_their_role(cast: Cast, request_: PromotionRequest) -> None:
    f.make_policy(cast, UNIT_APART)
    neighbor = f.make_person("Nel Neighbor", Role.DEVELOPER, Role.APPROVER, unit=cast.unit)
    (mark,) = marks_of(request_, neighbor)["unit_builder_signs_not"]
    grant = RoleGrant.objects.get(user=neighbor, role=Role.DEVELOPER)
    assert mark.record == grant.ref
    assert said_by(mark, "role.granted", stream="accounts")


@pytest.mark.backend
def test_all_are_found_in_one_query_and_none_in_none(
    cast: Cast, request_: PromotionRequest
) -> None:
    stream = request_.model.stream
    with CaptureQueriesContext(connection) as captured:
        assert entries_making([], stream=stream) == {}
    assert len(captured) == 0
    records = [request_.ref, request_.version.ref, *(row.ref for row in Builder.objects.all())]
    with CaptureQueriesContext(connection) as captured:
        assert entries_making(records, stream=stream).keys() == set(records)
    assert len(captured) == 1


def test_a_record_of_another_stream_is_not_found(cast: Cast, request_: PromotionRequest) -> None:
    other = f.make_model(cast, name="other-model")
    assert entries_making([request_.ref], stream=other.stream) == {}
