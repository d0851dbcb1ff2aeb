"""The sign step: once, by the right people, over the facts that were on the screen."""

from collections.abc import Callable

import pytest
from django.core import signing

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import sign_off
from governance.approvals.models import PromotionRequest, SignOff
from governance.approvals.rules.judgement import Decision, RequestState
from governance.audit.models import LedgerEntry
from governance.inventory.actions import ModelRecord, create_model
from governance.portal.signing import seal
from governance.registry.actions import record_evaluations
from governance.registry.models import ModelVersion
from governance.registry.rules import Measurement, Source, Stage
from tests import factories
from tests.factories import NOON, Cast, make_person, make_proof, sign
from tests.http.portal.deciding import (
    carried,
    challenger,
    hidden,
    post,
    read,
    sign_on_page,
    signed_in,
    waiting_request,
)
from tests.reviewing import also
from tests.world import nothing_moves

REFUSED = ["call.refused"]


def test_two_people_sign_on_pages_and_the_version_goes_live(cast: Cast) -> None:
    request = waiting_request(cast)
    for user, role in ((cast.validator, "VALIDATOR"), (cast.approver, "APPROVER")):
        seen = carried(user, request)
        review = post(
            user, f"/decisions/{request.pk}/sign/", decision="APPROVE", role=role, seen=seen
        )
        assert review.status_code == 200
        assert "By signing I state" in review.content.decode()
        signed = sign_on_page(
            user, request, role=role, seen=hidden(review.content.decode(), "seen")
        )
        assert signed.status_code == 302
        assert signed.headers["Location"] == f"/decisions/{request.pk}/"
    version = ModelVersion.objects.get(pk=request.version_id)
    assert version.stage == Stage.PRODUCTION
    rows = SignOff.objects.filter(request=request).order_by("signed_at")
    assert [(row.signer, row.role, row.proof) for row in rows] == [
        (cast.validator, "VALIDATOR", "PASSWORD"),
        (cast.approver, "APPROVER", "PASSWORD"),
    ]


def test_the_step_says_what_a_signature_would_do(cast: Cast) -> None:
    request = waiting_request(cast)
    path = f"/decisions/{request.pk}/sign/"
    assert "after yours, 1 signature will be missing" in read(cast.validator, path)
    sign(request, cast.validator, Role.VALIDATOR)
    page = read(cast.approver, path)
    assert "Yours is the last signature: version 1 goes live in primary at once." in page
    assert "goes back for changes. Version 1 stays Staging." in read(
        cast.approver, f"{path}?decision=RETURN"
    )


# Each holds the role of an approver besides, so that only the separation of duties is in the way.
def owner(cast: Cast, request: PromotionRequest) -> User:
    return also(cast.owner, Role.APPROVER, cast.unit)


def developer(cast: Cast, request: PromotionRequest) -> User:
    return also(cast.developer, Role.APPROVER, cast.unit)


def validator(cast: Cast, request: PromotionRequest) -> User:
    return also(cast.validator, Role.APPROVER, cast.unit)


def superuser_who_owns(cast: Cast, request: PromotionRequest) -> User:
    user = also(cast.owner, Role.APPROVER, cast.unit)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    return user


BARRED: dict[Callable[[Cast, PromotionRequest], User], str] = {
    owner: "You own or have owned churn-model.",
    developer: "You are or were a developer of churn-model.",
    validator: "You validated version 1; the policy asks somebody else to approve it.",
    superuser_who_owns: "You own or have owned churn-model.",
}


@pytest.mark.parametrize(("make", "reason"), BARRED.items(), ids=[make.__name__ for make in BARRED])
def test_whoever_had_a_hand_in_it_is_refused_on_the_direct_way(
    cast: Cast, make: Callable[[Cast, PromotionRequest], User], reason: str
) -> None:
    request = waiting_request(cast)
    user = make(cast, request)
    # The validator may sign as validator, so only the seat of the approver is barred.
    refused_on_every_step(cast, request, user, reason)


def refused_on_every_step(cast: Cast, request: PromotionRequest, user: User, reason: str) -> None:
    seen = carried(cast.approver, request)
    read(user, f"/decisions/{request.pk}/sign/?role=APPROVER", status=403)
    for decision in Decision.values:
        with nothing_moves(entries=REFUSED if decision == Decision.APPROVE else []):
            answer = sign_on_page(
                user, request, role="APPROVER", seen=seen, decision=decision, comment="Mine."
            )
        assert answer.status_code == 403
        assert reason in answer.content.decode()
    recorded = LedgerEntry.objects.get(verb="call.refused")
    assert (recorded.subject, recorded.actor) == (request.ref, user.ref)
    assert recorded.stream_name == request.model.stream


def other_builder(cast: Cast) -> User:
    person = make_person("Rea Quester", Role.DEVELOPER, unit=cast.unit)
    return also(person, Role.APPROVER, cast.unit)


def test_the_requester_is_refused(cast: Cast) -> None:
    factories.make_policies(cast)
    version = factories.make_version(cast, factories.make_model(cast), metrics={"accuracy": "0.95"})
    factories.make_card(cast, version)
    factories.make_report(cast, version)
    factories.ask(cast, version, Stage.STAGING)
    user = other_builder(cast)
    request = factories.ask(cast, version, Stage.PRODUCTION, actor=user).request
    assert request is not None
    refused_on_every_step(cast, request, user, "You asked for this change.")


def test_who_answers_for_the_registration_is_refused(cast: Cast) -> None:
    factories.make_policies(cast)
    user = other_builder(cast)
    record = ModelRecord(
        purpose="Says who leaves.", intended_use="Retention calls.", kind="CLASSIFICATION",
        owner=cast.owner, developers=[cast.developer], tier=3, tier_reason="Advises.",
    )  # fmt: skip
    model = create_model(
        name="churn-model", unit=cast.unit, record=record, actor=cast.owner, at=NOON
    )
    registrant = Cast(**{**vars(cast), "developer": user})
    version = factories.make_version(registrant, model, metrics={"accuracy": "0.95"})
    request = factories.make_ready(cast, version)
    refused_on_every_step(cast, request, user, "You answer for registering version 1.")


@pytest.mark.parametrize("who", ["administrator", "compliance", "auditor"])
def test_without_a_role_the_policy_asks_for_nobody_signs(cast: Cast, who: str) -> None:
    request = waiting_request(cast)
    user = getattr(cast, who)
    User.objects.filter(pk=cast.administrator.pk).update(is_superuser=True)
    refused_on_every_step(cast, request, user, "which you do not hold")


def test_a_wrong_password_signs_nothing_and_keeps_what_was_typed(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    with nothing_moves(entries=REFUSED):
        answer = sign_on_page(
            cast.approver, request, role="APPROVER", seen=seen, comment="As agreed.",
            password="not-it",
        )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "Nothing was signed." in page
    assert "That password is not right. 4 tries left." in page
    assert "As agreed.</textarea>" in page
    assert 'href="#id_password"' in page
    assert "not-it" not in page
    assert sign_on_page(
        cast.approver, request, role="APPROVER", seen=hidden(page, "seen"), comment="As agreed."
    ).status_code == 302  # fmt: skip


@pytest.mark.parametrize("decision", ["RETURN", "REJECT"])
def test_refusing_needs_a_reason(cast: Cast, decision: str) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    with nothing_moves():
        answer = sign_on_page(
            cast.approver, request, role="APPROVER", seen=seen, decision=decision, comment="  "
        )
    assert answer.status_code == 422
    assert "Say why. It is printed in the evidence." in answer.content.decode()
    done = sign_on_page(
        cast.approver, request, role="APPROVER", seen=seen, decision=decision, comment="Too thin."
    )
    assert done.status_code == 302
    request.refresh_from_db()
    assert request.state == {"RETURN": "RETURNED", "REJECT": "REJECTED"}[decision]
    assert str(request.closed_reason) == "Too thin."
    assert ModelVersion.objects.get(pk=request.version_id).stage == Stage.STAGING


def measure_again(cast: Cast, version: ModelVersion) -> None:
    measurement = Measurement(metric="accuracy", value="0.91", dataset_digest="d" * 64)
    record_evaluations(
        version=version, measurements=[measurement], source=Source.POSTED,
        actor=cast.developer, at=factories.later(minutes=5),
    )  # fmt: skip


@pytest.mark.parametrize("step", ["sign", ""])
def test_what_changed_in_between_is_shown_and_nothing_is_signed(cast: Cast, step: str) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    measure_again(cast, request.version)
    with nothing_moves(entries=REFUSED):
        answer = post(
            cast.approver, f"/decisions/{request.pk}/sign/", step=step, decision="APPROVE",
            role="APPROVER", seen=seen, comment="I read it all.", password=factories.PASSWORD,
        )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was signed: this has changed since you read it" in page
    assert "Measured values" in page
    assert "accuracy, posted: 0.91" in page
    assert "I read it all.</textarea>" in page
    # From there the reader may go on, over what stands now and with what was typed.
    review = post(
        cast.approver, f"/decisions/{request.pk}/sign/", decision="APPROVE", role="APPROVER",
        seen=hidden(page, "seen"), comment="I read it all.",
    )  # fmt: skip
    assert review.status_code == 200
    assert "I read it all.</textarea>" in review.content.decode()


def test_a_new_report_in_between_is_named(cast: Cast) -> None:
    request = waiting_request(cast)
    first = carried(cast.approver, request)
    factories.make_report(cast, request.version, at=factories.later(hours=1))
    answer = sign_on_page(cast.approver, request, role="APPROVER", seen=first)
    assert answer.status_code == 409
    assert "Validation report" in answer.content.decode()


def test_a_double_click_signs_once_and_says_what_the_first_click_did(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.validator, request)
    assert sign_on_page(cast.validator, request, role="VALIDATOR", seen=seen).status_code == 302
    with nothing_moves():
        again = sign_on_page(cast.validator, request, role="VALIDATOR", seen=seen)
    assert again.status_code == 302
    client = signed_in(cast.validator)
    client.post(
        f"/decisions/{request.pk}/sign/",
        {"step": "sign", "decision": "APPROVE", "role": "VALIDATOR", "seen": seen, "password": "x"},
    )
    page = client.get(f"/decisions/{request.pk}/").content.decode()
    assert "You had signed this already" in page
    assert SignOff.objects.filter(request=request).count() == 1


def test_a_double_click_on_the_last_signature_signs_once(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    seen = carried(cast.approver, request)
    assert sign_on_page(cast.approver, request, role="APPROVER", seen=seen).status_code == 302
    with nothing_moves():
        again = sign_on_page(cast.approver, request, role="APPROVER", seen=seen)
    assert again.status_code == 302
    assert again.headers["Location"] == f"/decisions/{request.pk}/"


def test_of_two_approvers_at_once_the_second_is_told_what_the_first_did(cast: Cast) -> None:
    request = waiting_request(cast)
    sign(request, cast.validator, Role.VALIDATOR)
    seen = {user: carried(user, request) for user in (cast.approver, cast.second_approver)}
    sign_on_page(cast.approver, request, role="APPROVER", seen=seen[cast.approver])
    with nothing_moves(entries=REFUSED):
        answer = sign_on_page(
            cast.second_approver, request, role="APPROVER", seen=seen[cast.second_approver],
            decision="REJECT", comment="I would not.",
        )  # fmt: skip
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "D-2 is closed already: approved." in page
    assert "Arno Approver" in page
    assert "I would not." in page


def test_two_people_cannot_fill_one_seat(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.second_approver, request)
    sign(request, cast.approver, Role.APPROVER)
    with nothing_moves(entries=REFUSED):
        answer = sign_on_page(cast.second_approver, request, role="APPROVER", seen=seen)
    assert answer.status_code == 403
    assert "all the signatures of this role" in answer.content.decode()


def test_nobody_approves_past_a_failing_check(cast: Cast) -> None:
    request = waiting_request(cast)
    record = factories.due_finding("HIGH")
    factories.make_report(cast, request.version, findings=[record], at=factories.later(hours=1))
    seen = carried(cast.approver, request)
    with nothing_moves(entries=REFUSED):
        answer = sign_on_page(cast.approver, request, role="APPROVER", seen=seen)
    assert answer.status_code == 403
    assert "Nobody can approve while a check is not met." in answer.content.decode()


def forged(request: PromotionRequest) -> str:
    return signing.dumps("{}", salt=f"seen:{request.ref}", key="somebody else's key")


def foreign(request: PromotionRequest) -> str:
    return seal("{}", about="request:another")


@pytest.mark.parametrize(
    "wrong",
    [
        lambda request: {"decision": "SHRUG"},
        lambda request: {"role": "KING"},
        lambda request: {"seen": ""},
        lambda request: {"seen": "rubbish"},
        lambda request: {"seen": forged(request)},
        lambda request: {"seen": foreign(request)},
    ],
    ids=["decision", "role", "nothing seen", "rubbish", "forged", "of another request"],
)
def test_a_form_that_is_not_ours_signs_nothing(
    cast: Cast, wrong: Callable[[PromotionRequest], dict[str, str]]
) -> None:
    request = waiting_request(cast)
    data = {"role": "APPROVER", "seen": carried(cast.approver, request)} | wrong(request)
    with nothing_moves():
        answer = sign_on_page(cast.approver, request, **data)
    assert answer.status_code == 422


def test_a_signature_given_elsewhere_over_the_same_facts_is_found_again(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    fresh = read(cast.approver, f"/decisions/{request.pk}/")
    digest = fresh.split('data-copy="sha256:')[1][:64]
    sign_off(
        request_id=request.pk, role=Role.APPROVER, decision=Decision.APPROVE, digest_seen=digest,
        comment="", proof=make_proof(cast.approver), actor=cast.approver, at=NOON,
    )  # fmt: skip
    with nothing_moves():
        assert sign_on_page(cast.approver, request, role="APPROVER", seen=seen).status_code == 302


def test_after_five_wrong_passwords_one_waits(cast: Cast) -> None:
    request = waiting_request(cast)
    seen = carried(cast.approver, request)
    for _ in range(5):
        sign_on_page(cast.approver, request, role="APPROVER", seen=seen, password="no")
    answer = sign_on_page(cast.approver, request, role="APPROVER", seen=seen)
    assert answer.status_code == 403
    assert "Wait five minutes" in answer.content.decode()
    assert not SignOff.objects.filter(request=request).exists()


def test_a_challenger_replaces_the_champion_on_the_last_click(cast: Cast) -> None:
    first = waiting_request(cast)
    sign(first, cast.validator, Role.VALIDATOR)
    sign(first, cast.approver, Role.APPROVER)
    second = challenger(cast, first.version)
    sign(second, cast.validator, Role.VALIDATOR)
    step = read(cast.approver, f"/decisions/{second.pk}/sign/")
    assert "Version 1 is archived in the same moment." in step
    seen = hidden(step, "seen")
    assert sign_on_page(cast.approver, second, role="APPROVER", seen=seen).status_code == 302
    second.refresh_from_db()
    assert second.state == RequestState.DONE
    stages = dict(first.model.versions.values_list("number", "stage"))
    assert stages == {1: Stage.ARCHIVED, 2: Stage.PRODUCTION}
