"""Policies on pages: read, proposed, and signed by two others."""

from typing import Any

import pytest

from governance.accounts.models import User
from governance.accounts.rules import Role
from governance.approvals.actions import propose_policy, sign_policy
from governance.approvals.models import PolicySignOff, PolicyVersion
from governance.approvals.rules.judgement import Decision
from governance.approvals.rules.policies import PolicyState
from tests import factories
from tests.factories import NOON, PASSWORD, TO_PRODUCTION, Cast, make_proof
from tests.http.portal.deciding import everybody_signs_in, post, read, signed_in
from tests.reviewing import also
from tests.world import nothing_moves

REFUSED = ["call.refused"]
LOWERED = TO_PRODUCTION.replace("0.90", "0.85")


@pytest.fixture
def proposed(cast: Cast) -> PolicyVersion:
    """Version 2 of the policy to Production, proposed by the administrator; version 1 holds."""
    everybody_signs_in(cast)
    factories.make_policies(cast)
    return propose_policy(text=LOWERED, actor=cast.administrator, at=NOON)


def decide(user: User, row: PolicyVersion, **data: Any) -> Any:
    told = {"decision": "APPROVE", "comment": "", "password": PASSWORD, "digest": row.digest}
    return post(user, f"/policies/{row.pk}/sign/", **(told | data))


def test_the_list_says_what_holds_and_what_is_proposed(cast: Cast, proposed: PolicyVersion) -> None:
    page = read(cast.owner, "/policies/")
    assert "To Production" in page
    assert "Models of every tier, going from Staging to Production." in page
    assert "Waits for signatures" in page
    assert "Propose a policy" not in page
    assert "Propose a policy" in read(cast.compliance, "/policies/")


def test_an_empty_list_says_why(cast: Cast) -> None:
    assert "Without a policy no version changes its stage." in read(cast.owner, "/policies/")


def test_a_version_explains_itself_in_sentences(cast: Cast, proposed: PolicyVersion) -> None:
    page = read(cast.owner, f"/policies/{proposed.pk}/")
    assert "accuracy is at least 0.85." in page
    assert "A signed validation report finds the version fit for its use." in page
    assert "No finding of severity high is open." in page
    assert "One validator signs" in page
    assert "“I approve this version for the stated use.”" in page
    assert "does not approve it" in page
    assert "at_least: <del>0.90</del>" in page
    assert "at_least: <ins>0.85</ins>" in page
    assert "validator_may_approve: false" in page
    assert "Signing a policy takes the role approver or compliance or head of model risk." in page


def test_every_kind_of_gate_has_its_sentence(cast: Cast) -> None:
    text = """\
policy: everything
title: Everything
applies_to: {target: PRODUCTION, tiers: [1, 2], kinds: [RANKING, FORECAST], from: [STAGING]}
gates:
  - {check: metric, metric: latency, at_most: 200, unit: ms, slice: mobile, source: POSTED}
  - {check: challenger, metric: auc, margin: 0.005}
  - {check: challenger, metric: loss, margin: 0.1, better: lower, source: PULLED}
  - {check: no_open_finding, severity: MEDIUM}
  - {check: rollback_target}
sign_offs:
  - {role: COMPLIANCE, count: 2, meaning: "I find the evidence complete."}
validator_may_approve: true
"""
    row = propose_policy(text=text, actor=cast.compliance, at=NOON)
    page = read(cast.approver, f"/policies/{row.pk}/")
    assert "Tier 1 or Tier 2 models of kind ranking or recommendation or forecast" in page
    assert "latency for mobile is at most 200 ms, as posted to the portal." in page
    assert "auc is more than 0.005 above the champion&#39;s" in page
    assert "loss is more than 0.1 below the champion&#39;s" in page
    assert "No finding of severity medium or worse is open." in page
    assert "Two compliance officers sign" in page


def test_two_people_sign_and_it_takes_effect(cast: Cast, proposed: PolicyVersion) -> None:
    assert decide(cast.approver, proposed).status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == PolicyState.PROPOSED
    page = read(cast.approver, f"/policies/{proposed.pk}/")
    assert "You have signed this already." in page
    assert "1 of 2" in page
    assert decide(cast.compliance, proposed, comment="Agreed.").status_code == 302
    proposed.refresh_from_db()
    assert proposed.state == PolicyState.IN_FORCE
    page = read(cast.owner, f"/policies/{proposed.pk}/")
    assert "Ledger entry" in page
    assert "Agreed." in page
    assert "What changed" in page


def test_one_rejection_ends_it_for_a_reason(cast: Cast, proposed: PolicyVersion) -> None:
    with nothing_moves():
        answer = decide(cast.approver, proposed, decision="REJECT")
    assert answer.status_code == 422
    assert "Say why you reject it." in answer.content.decode()
    decide(cast.approver, proposed, decision="REJECT", comment="The limit is too low.")
    proposed.refresh_from_db()
    assert proposed.state == PolicyState.REJECTED
    assert "The limit is too low." in read(cast.owner, f"/policies/{proposed.pk}/")


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ("administrator", "You proposed this policy version."),
        ("owner", "It comes with the role approver or compliance or head of model risk."),
        ("developer", "It comes with the role approver or compliance or head of model risk."),
        ("validator", "It comes with the role approver or compliance or head of model risk."),
        ("outsider", "It comes with the role approver or compliance or head of model risk."),
    ],
)
def test_others_are_refused_with_the_reason(
    cast: Cast, proposed: PolicyVersion, who: str, reason: str
) -> None:
    user = getattr(cast, who)
    if who == "administrator":
        User.objects.filter(pk=user.pk).update(is_superuser=True)
        also(user, Role.COMPLIANCE, cast.root)
    with nothing_moves(entries=REFUSED):
        answer = decide(user, proposed)
    assert answer.status_code == 403
    assert reason in answer.content.decode()
    assert "Sign this decision" not in read(user, f"/policies/{proposed.pk}/")


def test_a_wrong_password_signs_nothing(cast: Cast, proposed: PolicyVersion) -> None:
    with nothing_moves(entries=REFUSED):
        answer = decide(cast.approver, proposed, password="no", comment="Fine by me.")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "That password is not right." in page
    assert "Fine by me.</textarea>" in page


@pytest.mark.parametrize("data", [{"decision": "RETURN"}, {"decision": ""}, {"digest": ""}])
def test_a_damaged_form_signs_nothing(
    cast: Cast, proposed: PolicyVersion, data: dict[str, str]
) -> None:
    with nothing_moves():
        assert decide(cast.approver, proposed, **data).status_code == 422


def test_another_text_than_was_on_the_screen_is_not_signed(
    cast: Cast, proposed: PolicyVersion
) -> None:
    with nothing_moves(entries=REFUSED):
        answer = decide(cast.approver, proposed, digest="0" * 64)
    assert answer.status_code == 409
    assert "this is not the text that was on your screen" in answer.content.decode()


def test_a_double_click_signs_once(cast: Cast, proposed: PolicyVersion) -> None:
    decide(cast.approver, proposed)
    again = decide(cast.approver, proposed)
    assert again.headers["Location"] == f"/policies/{proposed.pk}/"
    page = signed_in(cast.approver).get(again.headers["Location"]).content.decode()
    assert "You had signed this already" in page
    assert PolicySignOff.objects.filter(policy=proposed, signer=cast.approver).count() == 1


def test_what_is_decided_is_not_signed_again(cast: Cast, proposed: PolicyVersion) -> None:
    sign_policy(
        policy_id=proposed.pk, decision=Decision.REJECT, digest_seen=proposed.digest,
        comment="No.", proof=make_proof(cast.approver), actor=cast.approver, at=NOON,
    )  # fmt: skip
    with nothing_moves(entries=REFUSED):
        answer = decide(cast.compliance, proposed)
    assert answer.status_code == 409
    assert "This version is rejected already." in answer.content.decode()


def test_proposing_leads_to_the_new_version(cast: Cast, proposed: PolicyVersion) -> None:
    start = read(cast.compliance, f"/policies/new/?from={proposed.pk}")
    assert "at_least: 0.85" in start
    text = TO_PRODUCTION.replace("0.90", "0.80").replace("\n", "\r\n")
    answer = post(cast.compliance, "/policies/new/", text=text)
    row = PolicyVersion.objects.get(key="to-production", number=3)
    assert answer.headers["Location"] == f"/policies/{row.pk}/"
    assert "\r" not in row.text
    page = read(cast.compliance, f"/policies/{row.pk}/")
    assert "You proposed this policy version, so two others sign it." in page


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Enter the policy, beginning with its key"),
        ("policy: [", "This is not readable YAML"),
        ("policy: x\npolicy: y", "stands twice"),
        (TO_PRODUCTION.replace("PRODUCTION", "LIVE"), "applies_to.target"),
        (TO_PRODUCTION.replace("role: APPROVER", "role: OWNER"), "sign_offs.1.role"),
        (TO_PRODUCTION + "bonus: 1\n", "bonus"),
        (TO_PRODUCTION.replace("to-production", "rival"), "as specific"),
        (TO_PRODUCTION.replace(", at_least: 0.90", ""), "exactly one limit: at_least or at_most"),
        (TO_PRODUCTION.replace("0.90", "high"), "gates.0.at_least"),
        (TO_PRODUCTION.replace("card_published", "card_printed"), "there is no such check"),
        (
            TO_PRODUCTION.replace(", severity: HIGH", ""),
            "gates.3: &#39;severity",
        ),
    ],
)
def test_a_wrong_policy_names_the_place_and_keeps_the_text(
    cast: Cast, proposed: PolicyVersion, text: str, said: str
) -> None:
    with nothing_moves():
        answer = post(cast.compliance, "/policies/new/", text=text)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Nothing was proposed." in page
    assert said in page
    assert text.split("\n")[0] in page


def test_who_may_not_propose_is_told_who_may(cast: Cast, proposed: PolicyVersion) -> None:
    page = read(cast.developer, "/policies/new/")
    assert "Proposing a policy takes the role compliance or administrator." in page
    assert "Propose this policy" not in page
    with nothing_moves(entries=REFUSED):
        answer = post(cast.developer, "/policies/new/", text=TO_PRODUCTION.replace("0.90", "0.1"))
    assert answer.status_code == 403


def test_an_unknown_version_is_not_there(cast: Cast) -> None:
    read(cast.compliance, f"/policies/{cast.unit.pk}/", status=404)
    assert post(cast.compliance, f"/policies/{cast.unit.pk}/sign/").status_code == 404
