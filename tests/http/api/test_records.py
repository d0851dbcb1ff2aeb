"""What is kept beside a model, policies, and who could approve, over REST: now and then."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from governance.accounts.actions import create_service_account, create_unit, issue_token
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Scope
from governance.core.canonical import canonical
from governance.evidence.queries.approvers import approvers_document, who_could_approve
from tests import keeping
from tests.factories import NOON, Cast, later, make_token
from tests.keeping import Kept, keep
from tests.story import minute

pytestmark = [pytest.mark.django_db, pytest.mark.backend]
MODEL = "/api/v1/models/renamed"
OF_MODEL = (
    "approvers", "attestations", "changes", "dependencies", "reviews", "rules", "waivers",
)  # fmt: skip
PATHS = [*(f"{MODEL}/{name}" for name in OF_MODEL), "/api/v1/policies"]


@pytest.fixture
def kept(cast: Cast) -> Kept:
    return keep(cast)


@pytest.fixture
def get(client: Client, cast: Cast) -> Any:
    secret = make_token(cast, at=timezone.now())[1]
    return lambda path: client.get(path, headers={"Authorization": f"Bearer {secret}"})


def then(get: Any, name: str, moment: Any) -> Any:
    answer = get(f"{MODEL}/{name}?as_of={minute(moment)}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_present_is_the_past_at_this_moment(get: Any, kept: Kept) -> None:
    today = f"{timezone.now():%Y-%m-%d}"
    for path in PATHS:
        now, past = get(path).json(), get(f"{path}?as_of={today}").json()
        assert now | {"as_of": None} == past | {"as_of": None}, path


def test_what_is_no_past_moment_is_refused(get: Any, kept: Kept) -> None:
    for path in PATHS:
        for text, rule in (("soon", "date"), ("9999-12-31", "past")):
            answer = get(f"{path}?as_of={text}")
            assert answer.status_code == 422, path
            (problem,) = answer.json()["problems"]
            assert (problem["field"], problem["rule"]) == ("as_of", rule)


def test_what_was_not_there_yet_answers_404(get: Any, kept: Kept) -> None:
    for name in OF_MODEL:
        answer = get(f"{MODEL}/{name}?as_of={minute(keeping.BEFORE_FIRST)}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_then"), name
    early = f"{MODEL}/approvers?request={kept.request.pk}&as_of={minute(keeping.FED)}"
    assert get(early).status_code == 404
    assert get(f"{MODEL}/approvers?version=9").status_code == 404
    assert get(f"{MODEL}/approvers?version=0").status_code == 422
    assert get("/api/v1/policies").status_code == 200
    assert get(f"/api/v1/policies?as_of={minute(keeping.BEFORE_FIRST)}").json()["policies"] == []


def test_a_model_of_another_unit_is_none(client: Client, cast: Cast, kept: Kept) -> None:
    unit = create_unit(path="bank/other", name="Other", actor=CONSOLE, at=NOON)
    service = create_service_account(
        name="elsewhere", unit=unit, responsible=cast.developer, actor=CONSOLE, at=NOON
    )
    _, secret = issue_token(
        service=service, scopes=list(Scope), actor=CONSOLE, at=timezone.now(),
        expires_at=None,
    )  # fmt: skip
    for name in OF_MODEL:
        for query in ("", f"?as_of={minute(keeping.APPROVED)}"):
            answer = client.get(
                f"{MODEL}/{name}{query}", headers={"Authorization": f"Bearer {secret}"}
            )
            assert answer.status_code == 404, name


def test_waivers_reviews_changes_and_attestations(get: Any, kept: Kept) -> None:
    states = {
        moment: then(get, "waivers", moment)["waivers"][0]["state"]
        for moment in (keeping.ASKED, keeping.APPROVED, keeping.ENDED)
    }
    assert list(states.values()) == ["REQUESTED", "IN_FORCE", "ENDED"]
    asked = then(get, "waivers", keeping.ASKED)["waivers"][0]
    assert (asked["approved"], asked["decided_by"], asked["ended_at"]) == (None, None, None)
    assert then(get, "waivers", keeping.FED)["waivers"] == []
    assert then(get, "reviews", keeping.ASKED)["reviews"] == []
    made = then(get, "reviews", keeping.APPROVED)
    assert made["reviews"][0]["words"] == "As recorded."
    assert made["next"]["due_date"] == later(days=100).date().isoformat()
    assert then(get, "changes", keeping.ASKED)["changes"][0]["outcome"] == "OPEN"
    (one,) = then(get, "attestations", keeping.ASKED)["attestations"]
    assert (one["state"], one["last"], one["campaign_state"]) == ("WAITS", None, "OPEN")
    (one,) = then(get, "attestations", keeping.ENDED)["attestations"]
    assert (one["state"], one["campaign_state"]) == ("ATTESTED", "ENDED")
    assert one["last"]["outcome"] == "ACCURATE"


def test_dependencies_and_policies(get: Any, kept: Kept) -> None:
    assert then(get, "dependencies", keeping.CHAMPION)["feeders"] == []
    (fed,) = then(get, "dependencies", keeping.APPROVED)["feeders"]
    assert fed["consumer"] == kept.model.ref
    assert then(get, "dependencies", keeping.ENDED)["feeders"] == []

    def production(moment: Any) -> list[Any]:
        found = get(f"/api/v1/policies?as_of={minute(moment)}").json()["policies"]
        rows = [one for one in found if one["key"] == "to-production"]
        return [(one["number"], one["state"], one["ended_at"] is None) for one in rows]

    assert production(keeping.APPROVED) == [(1, "IN_FORCE", True)]
    assert production(keeping.ENDED) == [(1, "SUPERSEDED", False), (2, "IN_FORCE", True)]


def test_who_could_approve(get: Any, kept: Kept) -> None:
    cast = kept.cast
    asked = then(get, "approvers", keeping.ASKED)
    signers = sorted([cast.validator.ref, cast.approver.ref, cast.second_approver.ref])
    assert asked["could_sign"] == signers
    assert asked["request"] == kept.request.ref
    assert asked["names"][cast.validator.ref] == "Vera Valid"
    assert asked["policy"]["number"] == 1
    (lent,) = asked["delegations"]
    assert (lent["person"], lent["in_name_of"]) == (cast.second_approver.ref, cast.compliance.ref)
    signed = then(get, "approvers", keeping.APPROVED)
    assert signed["could_sign"] == sorted([cast.approver.ref, cast.second_approver.ref])
    (barred,) = [seat["barred"] for seat in signed["places"][0]["seats"]]
    assert [one["rule"] for one in barred] == ["nobody_signs_twice"]
    assert barred[0]["records"] == [kept.request.sign_offs.get().ref]
    ended = then(get, "approvers", keeping.ENDED)
    assert (ended["policy"]["number"], ended["delegations"]) == (2, [])
    assert ended["places"][1]["seats"] == []
    assert ended["dossier_digest"] not in {asked["dossier_digest"], signed["dossier_digest"]}
    before = then(get, "approvers", keeping.FED)
    assert (before["request"], before["version"]) == (None, 2)
    nothing = get(f"/api/v1/models/feeder/approvers?as_of={minute(keeping.ENDED)}").json()
    assert "No version was registered" in nothing["why_none"]


def test_the_document_is_plain_and_holds_no_name(kept: Kept) -> None:
    found = who_could_approve(kept.model, at=timezone.now(), by=keeping.APPROVED)
    text = canonical(approvers_document(found))
    assert '"format":"countersign.approvers/1"' in text
    for person in (kept.cast.approver, kept.cast.validator, kept.cast.owner):
        assert person.name not in text
        assert str(person.email) not in text
