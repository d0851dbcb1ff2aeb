"""Who may examine what, for how long; and asking for information in an examination."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from governance.accounts.actions import (
    create_service_account,
    edit_user,
    end_role,
    give_delegation,
    grant_role,
)
from governance.accounts.models import RoleGrant, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import ExaminersAccount, PermissionMissing, Role
from governance.approvals.models import PromotionRequest
from governance.audit.models import LedgerEntry
from governance.audit.registration import state
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput
from governance.evidence.actions.examining import (
    accept_information_request,
    assign_information_request,
    follow_up_information_request,
    record_view,
    withdraw_information_request,
)
from governance.evidence.models import ExaminationView, InformationRequest
from governance.evidence.queries.examining import (
    information_request_by_id,
    is_late,
    requests_to_answer,
    requests_to_assign,
    state_of,
)
from governance.evidence.rules.examining import (
    InformationRequestNotFound,
    InformationRequestOver,
    NothingAnswered,
    NothingToAnswer,
    NotYoursToAnswer,
    NotYoursToAsk,
    RequestState,
)
from governance.inventory.actions.examinations import (
    end_examination,
    extend_examination,
    widen_examination,
)
from governance.inventory.models import (
    Builder,
    Examination,
    ExaminationEnd,
    ExaminedModel,
    Examiner,
    Model,
)
from governance.inventory.queries.examinations import examination_by_id, open_examination_of
from governance.inventory.queries.ledger import readable_streams
from governance.inventory.rules.examinations import (
    ExaminationNotFound,
    ExaminationOver,
    ExaminationState,
    UnfitExaminer,
)
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.examining import DAYS, answered, asked, assigned, examination, examiner
from tests.factories import NOON, Cast, later
from tests.world import newest_entry, refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def model(cast: Cast) -> Model:
    return f.make_model(cast)


@pytest.fixture
def other(cast: Cast) -> Model:
    return f.make_model(cast, name="other-model")


@pytest.fixture
def person(cast: Cast) -> User:
    return examiner(cast)


@pytest.fixture
def opened(cast: Cast, person: User, model: Model, other: Model) -> Examination:
    found = examination(cast, [person], [model])
    person.refresh_from_db()
    return found


def seen(person: User, *, at: datetime = NOON) -> set[str]:
    return set(Model.objects.visible_to(person, at=at).values_list("name", flat=True))


# --- what is seen, and when ----------------------------------------------------------------------


def test_an_examiner_sees_the_set_while_the_examination_is_open(
    cast: Cast, opened: Examination, person: User, model: Model, other: Model
) -> None:
    f.make_version(cast, model)
    f.make_version(cast, other)
    assert person.is_examiner
    moments = {
        later(days=-1): set(),
        NOON: {"churn-model"},
        later(days=DAYS, minutes=-1): {"churn-model"},
        later(days=DAYS): set(),
    }
    assert {at: seen(person, at=at) for at in moments} == moments
    assert {v.model for v in ModelVersion.objects.visible_to(person, at=NOON)} == {model}
    assert readable_streams(person, at=NOON) == [model.stream]
    assert readable_streams(person, at=later(days=DAYS)) == []


def test_one_that_is_to_come_shows_nothing_before_its_start(
    cast: Cast, person: User, model: Model
) -> None:
    row = examination(cast, [person], [model], starts_at=later(days=3))
    person.refresh_from_db()
    assert row.state_at(NOON) == ExaminationState.TO_COME
    assert seen(person) == set()
    assert seen(person, at=later(days=3)) == {"churn-model"}


def test_opening_appends_once_and_lists_all_that_was_written(
    opened: Examination, person: User
) -> None:
    entry = newest_entry(opened.stream)
    rows = [opened, person, Examiner.objects.get(), ExaminedModel.objects.get()]
    assert entry.verb == Verb.EXAMINATION_OPENED
    assert {row.ref: state(row) for row in rows}.items() <= dict(entry.states).items()
    assert "Prudential" not in entry.text
    assert "Thematic" not in entry.text


def test_ending_it_shows_nothing_from_then_on(
    cast: Cast, opened: Examination, person: User
) -> None:
    end_examination(
        examination_id=opened.pk, reason="Done.", actor=cast.compliance, at=later(days=1)
    )
    assert seen(person, at=later(days=1, minutes=-1)) == {"churn-model"}
    assert seen(person, at=later(days=1)) == set()
    assert newest_entry(opened.stream).verb == Verb.EXAMINATION_ENDED
    with refused(ExaminationOver):
        record_view(page="model", path="/", model=None, actor=person, at=NOON)


def test_what_is_over_is_neither_ended_nor_extended_nor_widened(
    cast: Cast, opened: Examination, other: Model
) -> None:
    at = later(days=DAYS)
    said: dict[str, Any] = {
        "examination_id": opened.pk, "reason": "More.", "actor": cast.compliance, "at": at
    }  # fmt: skip
    with refused(ExaminationOver):
        end_examination(**said)
    with refused(ExaminationOver):
        extend_examination(ends_at=later(at, days=3), **said)
    with refused(ExaminationOver):
        widen_examination(models=[other], **said)


def test_extending_it_runs_longer_and_never_shorter(
    cast: Cast, opened: Examination, person: User
) -> None:
    longer = later(days=20)
    extend_examination(
        examination_id=opened.pk, ends_at=longer, reason="More to read.", actor=cast.compliance,
        at=NOON,
    )  # fmt: skip
    assert seen(person, at=later(days=19)) == {"churn-model"}
    assert seen(person, at=longer) == set()
    assert newest_entry(opened.stream).facts["before"] == "2026-03-12T12:00:00.000000Z"
    for wrong in (later(days=DAYS), longer, later(days=367)):
        with refused(InvalidInput):
            extend_examination(
                examination_id=opened.pk, ends_at=wrong, reason="More.", actor=cast.compliance,
                at=NOON,
            )  # fmt: skip


def test_widening_says_why_and_takes_nothing_out(
    cast: Cast, opened: Examination, person: User, other: Model
) -> None:
    said: dict[str, Any] = {
        "examination_id": opened.pk, "models": [other], "actor": cast.compliance, "at": NOON
    }  # fmt: skip
    with refused(InvalidInput):
        widen_examination(reason=" ", **said)
    widen_examination(reason="Asked for.", **said)
    assert seen(person) == {"churn-model", "other-model"}
    assert newest_entry(opened.stream).facts == {"models": [other.ref]}
    with refused(InvalidInput):
        widen_examination(reason="Again.", **said)


def test_only_compliance_of_the_unit_keeps_examinations(
    cast: Cast, opened: Examination, person: User, model: Model, other: Model
) -> None:
    for actor in (cast.owner, cast.administrator, cast.approver, cast.outsider, person):
        with refused(PermissionMissing):
            examination(cast, [cast.outsider], [model], actor=actor)
        with refused(PermissionMissing):
            end_examination(examination_id=opened.pk, reason="x", actor=actor, at=NOON)
        with pytest.raises(ExaminationNotFound):
            examination_by_id(opened.pk, actor=actor, at=NOON)
    assert examination_by_id(opened.pk, actor=cast.compliance, at=NOON) == opened


def test_models_of_another_unit_are_not_in_the_set(cast: Cast, person: User, model: Model) -> None:
    elsewhere = f.make_person("Com Elsewhere", Role.COMPLIANCE, unit=cast.root)
    unit = f.create_unit(path="bank/markets", name="Markets", actor=CONSOLE, at=NOON)
    with refused(InvalidInput) as caught:
        examination(cast, [person], [model], unit=unit, actor=elsewhere)
    assert [problem.rule for problem in caught.value.problems] == ["scope"]


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"title": " "}, ["title"]),
        ({"title": "x" * 121}, ["title"]),
        ({"authority": ""}, ["authority"]),
        ({"ends_at": NOON}, ["ends_at"]),
        ({"ends_at": later(days=400)}, ["ends_at"]),
        ({"starts_at": later(days=-9), "ends_at": later(days=-1)}, ["ends_at"]),
    ],
)
def test_what_an_examination_must_say(
    cast: Cast, person: User, model: Model, given: dict[str, Any], fields: list[str]
) -> None:
    with refused(InvalidInput) as caught:
        examination(cast, [person], [model], **given)
    assert [problem.field for problem in caught.value.problems] == fields


def test_it_has_examiners_and_models(cast: Cast, person: User, model: Model) -> None:
    for people, models in (([], [model]), ([person], [])):
        with refused(InvalidInput):
            examination(cast, people, models)


# --- separation ----------------------------------------------------------------------------------


def test_who_holds_or_held_a_role_or_a_seat_does_not_examine(cast: Cast, model: Model) -> None:
    left = f.make_person("Past Developer", Role.DEVELOPER, unit=cast.unit)
    end_role(grant=RoleGrant.objects.get(user=left), actor=CONSOLE, at=NOON)
    deputy = f.make_person("De Puty", unit=cast.root)
    give_delegation(
        deputy=deputy, role=Role.APPROVER, unit=cast.root, starts_at=NOON,
        ends_at=later(days=3), reason="Leave.", actor=cast.approver, at=NOON,
    )  # fmt: skip
    piper = f.make_person("Pi Per", unit=cast.root)
    create_service_account(name="p", unit=cast.unit, responsible=piper, actor=CONSOLE, at=NOON)
    gone = f.make_person("Go Ne", unit=cast.root)
    edit_user(user=gone, name="Go Ne", is_active=False, actor=CONSOLE, at=NOON)
    builder = f.make_person("Bu Ilder", unit=cast.root)
    Builder.objects.create(model=model, user=builder, capacity="DEVELOPER", since=NOON)
    for person in (cast.compliance, cast.developer, left, deputy, piper, gone, builder):
        with refused(UnfitExaminer):
            examination(cast, [person], [model])


def test_an_examiner_is_given_no_role_no_seat_and_no_pipeline(
    cast: Cast, opened: Examination, person: User
) -> None:
    for at in (NOON, later(days=DAYS * 5)):
        with refused(ExaminersAccount):
            grant_role(
                user=person, role=Role.VALIDATOR, unit=cast.unit, starts_at=at, actor=CONSOLE, at=at
            )
        with refused(ExaminersAccount):
            give_delegation(
                deputy=person, role=Role.APPROVER, unit=cast.root, starts_at=at,
                ends_at=later(at, days=3), reason="Leave.", actor=cast.approver, at=at,
            )  # fmt: skip
        with refused(ExaminersAccount):
            create_service_account(
                name="p", unit=cast.unit, responsible=person, actor=CONSOLE, at=at
            )


@pytest.mark.backend
def test_the_database_says_the_same_to_whoever_writes_past_the_actions(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    grant = RoleGrant(
        user=person, role=Role.APPROVER, unit=cast.root, starts_at=NOON, granted_by="x",
        granted_at=NOON,
    )  # fmt: skip
    builder = Builder(model=model, user=person, capacity="DEVELOPER", since=NOON)
    examining = Examiner(examination=opened, user=cast.validator)
    for row in (grant, builder, examining):
        with pytest.raises(DatabaseError), transaction.atomic():
            row.save(force_insert=True)
    for who, value in ((person, False), (cast.validator, True)):
        with pytest.raises(DatabaseError), transaction.atomic():
            User.objects.filter(pk=who.pk).update(is_examiner=value)


def test_an_examiner_examines_one_thing_at_a_time(
    cast: Cast, opened: Examination, person: User, other: Model
) -> None:
    with refused(UnfitExaminer):
        examination(cast, [person], [other], starts_at=later(days=3))
    after = later(days=DAYS)
    following = examination(cast, [person], [other], starts_at=after, ends_at=later(days=DAYS * 2))
    assert open_examination_of(person, at=NOON) == opened
    assert open_examination_of(person, at=after) == following
    with refused(UnfitExaminer):
        extend_examination(
            examination_id=opened.pk, ends_at=later(days=DAYS + 1), reason="x",
            actor=cast.compliance, at=NOON,
        )  # fmt: skip


def test_an_examiner_who_is_named_owner_sees_no_more_for_it(
    opened: Examination, person: User, other: Model
) -> None:
    Model.objects.filter(pk=other.pk).update(owner=person)
    assert seen(person) == {"churn-model"}


# --- what was viewed -----------------------------------------------------------------------------


@pytest.mark.backend
def test_a_view_is_a_row_and_an_entry_without_the_address(
    opened: Examination, person: User, model: Model
) -> None:
    view = record_view(
        page="inventory", path="/models/?q=Jane+Doe", model=None, actor=person, at=NOON
    )
    entry = newest_entry(opened.stream)
    assert (entry.verb, entry.subject) == (Verb.EXAMINATION_VIEWED, view.ref)
    assert entry.facts == {"page": "inventory", "model": None}
    assert "Jane" not in entry.text
    assert dict(entry.states)[view.ref] == state(view)
    with pytest.raises(DatabaseError), transaction.atomic():
        ExaminationView.objects.filter(pk=view.pk).update(path="/")
    with pytest.raises(DatabaseError), transaction.atomic():
        ExaminationView.objects.filter(pk=view.pk).delete()


def test_nothing_is_viewed_outside_the_time(opened: Examination, person: User) -> None:
    for at in (later(minutes=-1), later(days=DAYS)):
        with refused(ExaminationNotFound):
            record_view(page="home", path="/", model=None, actor=person, at=at)


# --- requests for information --------------------------------------------------------------------


def fresh(request: InformationRequest) -> InformationRequest:
    return InformationRequest.objects.with_all().get(pk=request.pk)


@pytest.mark.backend
def test_a_request_is_raised_assigned_answered_followed_up_and_accepted(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    version = f.make_version(cast, model)
    request = asked(person, model)
    states = [state_of(fresh(request))]
    assert requests_to_assign(cast.compliance, at=NOON) == [request]
    assigned(cast, request, cast.validator)
    states.append(state_of(fresh(request)))
    assigned(cast, request, cast.owner)
    assert requests_to_answer(cast.validator, at=NOON) == []
    assert requests_to_answer(cast.owner, at=NOON) == [request]
    answered(request, cast.owner, attached=[version.ref, model.ref])
    states.append(state_of(fresh(request)))
    assert requests_to_answer(cast.owner, at=NOON) == []
    follow_up_information_request(
        request_id=request.pk, text="And in April?", actor=person, at=NOON
    )
    states.append(state_of(fresh(request)))
    answered(request, cast.owner)
    accept_information_request(request_id=request.pk, actor=person, at=NOON)
    states.append(state_of(fresh(request)))
    assert states == [
        RequestState.UNASSIGNED,
        RequestState.ASKED,
        RequestState.ANSWERED,
        RequestState.ASKED,
        RequestState.ACCEPTED,
    ]
    verbs = (
        LedgerEntry.objects.of_stream(opened.stream).oldest_first().values_list("verb", flat=True)
    )
    assert list(verbs) == [
        "examination.opened",
        "information_request.raised",
        "information_request.assigned",
        "information_request.assigned",
        "information_request.answered",
        "information_request.followed_up",
        "information_request.answered",
        "information_request.accepted",
    ]


def test_prose_of_requests_stands_in_no_entry(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    answered(assigned(cast, asked(person, model), cast.owner), cast.owner)
    texts = [entry.text for entry in LedgerEntry.objects.of_stream(opened.stream)]
    assert not [t for t in texts if "Challenger" in t or "challengers" in t or "March" in t]


def test_who_sees_a_request(cast: Cast, opened: Examination, person: User, model: Model) -> None:
    request = assigned(cast, asked(person, model), cast.owner)

    def seeing(at: datetime) -> set[str]:
        found = set()
        for one in (cast.owner, cast.compliance, cast.validator, cast.administrator, person):
            if InformationRequest.objects.visible_to(one, at=at).filter(pk=request.pk).exists():
                found.add(one.name)
        return found

    assert seeing(NOON) == {cast.owner.name, cast.compliance.name, person.name}
    assert seeing(later(days=DAYS)) == {cast.owner.name, cast.compliance.name}
    with pytest.raises(InformationRequestNotFound):
        information_request_by_id(request.pk, actor=cast.validator, at=NOON)


def test_what_is_asked_must_be_said_and_of_the_set(
    opened: Examination, person: User, other: Model
) -> None:
    for given, fields in (
        ({"subject": ""}, ["subject"]),
        ({"question": ""}, ["question"]),
        ({"wished_date": later(days=-1).date()}, ["wished_date"]),
        ({"page": "/models/other-model/"}, ["page"]),
    ):
        with refused(InvalidInput) as caught:
            asked(person, **given)
        assert [problem.field for problem in caught.value.problems] == fields
    with refused(InvalidInput) as caught:
        asked(person, other)
    assert [problem.rule for problem in caught.value.problems] == ["in_set"]


def test_a_request_about_a_page_names_what_was_shown(
    opened: Examination, person: User, model: Model
) -> None:
    view = record_view(page="model", path="/models/x/", model=model, actor=person, at=NOON)
    request = asked(person, page="/models/x/")
    assert (request.about, request.model) == (view, model)


def test_only_examiners_ask_and_only_while_it_is_open(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    request = answered(assigned(cast, asked(person, model), cast.owner), cast.owner).request
    another = examiner(cast, "Ano Ther")
    examination(cast, [another], [model])
    another.refresh_from_db()
    with refused(NotYoursToAsk):
        asked(cast.compliance, model)
    for who in (cast.compliance, cast.owner, another):
        with refused(NotYoursToAsk):
            accept_information_request(request_id=request.pk, actor=who, at=NOON)
        with refused(NotYoursToAsk):
            withdraw_information_request(request_id=request.pk, actor=who, at=NOON)
        with refused(NotYoursToAsk):
            follow_up_information_request(request_id=request.pk, text="x", actor=who, at=NOON)
    with refused(ExaminationNotFound):
        asked(person, model, at=later(days=DAYS))
    with refused(ExaminationOver):
        accept_information_request(request_id=request.pk, actor=person, at=later(days=DAYS))


def test_who_was_given_it_answers_and_nobody_else(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    request = asked(person, model)
    with refused(NotYoursToAnswer):
        answered(request, cast.compliance)
    assigned(cast, request, cast.owner)
    for who in (cast.compliance, cast.validator, person):
        with refused(NotYoursToAnswer):
            answered(request, who)
    answered(request, cast.owner)
    with refused(NothingToAnswer):
        answered(request, cast.owner)


def test_it_is_given_to_somebody_who_can_answer(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    request = asked(person, model)
    for who in (cast.outsider, person):
        with refused(InvalidInput):
            assigned(cast, request, who)
    with refused(PermissionMissing):
        assign_information_request(
            request_id=request.pk, assignee=cast.owner, actor=cast.owner, at=NOON
        )


def test_an_answer_names_what_is_in_the_set_and_nothing_else(
    cast: Cast, opened: Examination, person: User, model: Model, other: Model
) -> None:
    f.make_policies(cast)
    mine = f.make_ready(cast, f.make_version(cast, model))
    outside = f.make_version(cast, other)
    request = assigned(cast, asked(person, model), cast.owner)
    for target in (outside.ref, other.ref, "version:nonsense", cast.owner.ref):
        with refused(InvalidInput) as caught:
            answered(request, cast.owner, attached=[target])
        assert [problem.rule for problem in caught.value.problems] == ["in_set"]
    widen_examination(
        examination_id=opened.pk, models=[other], reason="To answer.", actor=cast.compliance,
        at=NOON,
    )  # fmt: skip
    said = answered(request, cast.owner, attached=[outside.ref, mine.ref])
    assert isinstance(mine, PromotionRequest)
    assert {row.target for row in said.attachments.all()} == {outside.ref, mine.ref}


def test_what_is_closed_is_answered_and_asked_no_more(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    request = assigned(cast, asked(person, model), cast.owner)
    with refused(NothingAnswered):
        accept_information_request(request_id=request.pk, actor=person, at=NOON)
    withdraw_information_request(request_id=request.pk, actor=person, at=NOON)
    assert state_of(fresh(request)) == RequestState.WITHDRAWN
    with refused(InformationRequestOver):
        answered(request, cast.owner)
    with refused(InformationRequestOver):
        withdraw_information_request(request_id=request.pk, actor=person, at=NOON)
    with refused(InformationRequestOver):
        follow_up_information_request(request_id=request.pk, text="x", actor=person, at=NOON)
    with refused(InformationRequestOver):
        assigned(cast, request, cast.validator)


@pytest.mark.backend
def test_it_is_late_after_its_day_until_it_is_answered(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    request = assigned(cast, asked(person, model), cast.owner)
    last, after = later(days=5).date(), later(days=6).date()
    assert not is_late(fresh(request), today=last)
    assert is_late(fresh(request), today=after)
    answered(request, cast.owner, at=later(days=6))
    assert not is_late(fresh(request), today=after)


def test_requests_have_numbers_and_wait_only_while_it_is_open(
    cast: Cast, opened: Examination, person: User, model: Model
) -> None:
    rows = [assigned(cast, asked(person, model), cast.owner) for _ in range(3)]
    assert [row.number for row in rows] == [1, 2, 3]
    assert len(requests_to_answer(cast.owner, at=NOON)) == 3
    assert requests_to_answer(cast.owner, at=later(days=DAYS)) == []
    with refused(ExaminationOver):
        answered(rows[0], cast.owner, at=later(days=DAYS))


@pytest.mark.backend
def test_rows_past_the_actions_do_not_carry_on_what_was_ended(
    cast: Cast, opened: Examination, other: Model
) -> None:
    end_examination(examination_id=opened.pk, reason="Done.", actor=cast.compliance, at=NOON)
    assert ExaminationEnd.objects.count() == 1
    with pytest.raises(DatabaseError), transaction.atomic():
        ExaminedModel.objects.create(
            examination=opened, model=other, added_by=cast.compliance, added_at=NOON
        )
