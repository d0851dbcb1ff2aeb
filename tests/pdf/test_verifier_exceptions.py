"""Quorums, emergencies, deputies and overrides, before a forger with the whole database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from governance.core.canonical import canonical
from governance.evidence.queries.collecting import collect
from tests.factories import make_cast
from tests.pdf.exceptions import exceptional_model
from tests.pdf.test_verifier import sha
from tests.pdf.test_verifier_promotions import Forger, failures

# Without a mark in the run pytest-django makes no database for the fixture of the module either.
pytestmark = pytest.mark.django_db


class ExceptionalForger(Forger):
    """The same, of a model with three moves out of the ordinary."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.bodies = [json.loads(entry["text"]) for entry in document["streams"][0]["ledger"]]

    def moved(self, verb: str) -> dict[str, Any]:
        (body,) = [
            body
            for body in self.bodies
            if body["verb"] == verb and body["facts"].get("to") == "PRODUCTION"
        ]
        return body

    def signatures(self, verb: str) -> list[dict[str, Any]]:
        return [self.fields(ref) for ref in self.moved(verb)["facts"]["sign_offs"]]

    def one(self, kind: str) -> list[dict[str, Any]]:
        return [record["fields"] for record in self.document["records"][kind]]


EMERGENCY, CONFIRMED = "version.promoted_in_emergency", "version.confirmed"
PROMOTED = "version.promoted"


@pytest.fixture(scope="module")
def evidence(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """The evidence of one model, of which each test forges a copy."""
    with django_db_blocker.unblock(), transaction.atomic():
        cast = make_cast()
        model = exceptional_model(cast).model
        yield canonical(collect([model]))
        transaction.set_rollback(True)


@pytest.fixture
def forger(evidence: str) -> ExceptionalForger:
    return ExceptionalForger(json.loads(evidence))


def test_honest_evidence_of_all_of_them_passes(forger: ExceptionalForger) -> None:
    assert len(forger.signatures(EMERGENCY)) == 2
    assert len(forger.signatures(CONFIRMED)) == 2
    assert sum("on_behalf_of_id" in one for one in forger.one("sign_off")) == 1
    assert len(forger.one("delegation")) == 1
    assert failures(forger.sealed()) == set()


def one_seat_of_the_quorum_is_empty(f: ExceptionalForger) -> None:
    f.moved(CONFIRMED)["facts"]["sign_offs"].pop()


def one_role_fills_the_quorum(f: ExceptionalForger) -> None:
    for one in f.signatures(CONFIRMED):
        one["role"] = "APPROVER"


def one_person_answers_for_the_emergency(f: ExceptionalForger) -> None:
    f.moved(EMERGENCY)["facts"]["sign_offs"].pop()


def others_answer_for_the_emergency(f: ExceptionalForger) -> None:
    for one in f.signatures(EMERGENCY):
        one["role"] = "COMPLIANCE"


def the_emergency_is_told_as_a_promotion(f: ExceptionalForger) -> None:
    f.moved(EMERGENCY)["verb"] = "version.promoted"


def a_promotion_is_told_as_a_rollback(f: ExceptionalForger) -> None:
    f.moved(PROMOTED)["verb"] = "version.rolled_back"


def the_deputy_stands_for_the_owner(f: ExceptionalForger) -> None:
    deputy = next(one for one in f.signatures(CONFIRMED) if "on_behalf_of_id" in one)
    deputy["on_behalf_of_id"] = f.one("model")[0]["owner_id"]


def the_deputy_stands_for_the_other_signer(f: ExceptionalForger) -> None:
    first, second = f.signatures(CONFIRMED)
    second["on_behalf_of_id"] = first["signer_id"]


def the_override_is_of_another_finding(f: ExceptionalForger) -> None:
    f.one("override")[0]["check_digest"] = "0" * 64


def the_override_had_ended(f: ExceptionalForger) -> None:
    f.one("override")[0]["expires_date"] = "2026-03-03"


def the_override_is_signed_by_one(f: ExceptionalForger) -> None:
    first, second = f.one("override_sign_off")
    second["signer_id"] = first["signer_id"]


def the_override_is_signed_by_the_developer(f: ExceptionalForger) -> None:
    asked = f.moved(PROMOTED)["facts"]["requested_by"]
    f.one("override_sign_off")[0]["signer_id"] = asked.partition(":")[2]


def the_override_is_signed_in_another_role(f: ExceptionalForger) -> None:
    f.one("override_sign_off")[0]["role"] = "VALIDATOR"


def who_let_the_check_fail_decides_too(f: ExceptionalForger) -> None:
    f.signatures(PROMOTED)[0]["signer_id"] = f.one("override_sign_off")[0]["signer_id"]


def the_override_is_gone(f: ExceptionalForger) -> None:
    f.document["records"]["override"] = []
    for body in f.bodies:
        body["states"] = [s for s in body["states"] if not s[0].startswith("override:")]


Forge = Callable[[ExceptionalForger], None]
FORGERIES: list[Forge] = [
    one_seat_of_the_quorum_is_empty,
    one_role_fills_the_quorum,
    one_person_answers_for_the_emergency,
    others_answer_for_the_emergency,
    the_emergency_is_told_as_a_promotion,
    a_promotion_is_told_as_a_rollback,
    the_deputy_stands_for_the_owner,
    the_deputy_stands_for_the_other_signer,
    the_override_is_of_another_finding,
    the_override_had_ended,
    the_override_is_signed_by_one,
    the_override_is_signed_by_the_developer,
    the_override_is_signed_in_another_role,
    who_let_the_check_fail_decides_too,
    the_override_is_gone,
]


def resign(
    f: ExceptionalForger, move: dict[str, Any], change: Callable[[dict[str, Any]], object]
) -> None:
    """Change the checks of the dossier under a move, and everything that names its digest."""
    old = move["facts"]["dossier"]
    row = next(one for one in f.one("dossier") if one["digest"] == old)
    body = json.loads(row["text"])
    for check in body["checks"]:
        change(check)
    row["text"] = canonical(body)
    row["digest"] = move["facts"]["dossier"] = sha(row["text"])
    for one in f.one("sign_off"):
        if one["dossier_digest"] == old:
            one["dossier_digest"] = row["digest"]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_move_that_was_not_earned_fails(forger: ExceptionalForger, forge: Forge) -> None:
    forge(forger)
    assert "Promotions" in failures(forger.sealed())


def test_a_failing_check_that_nobody_answers_for_fails(forger: ExceptionalForger) -> None:
    """The dossier says so itself, and everything over it was computed anew."""
    move = forger.moved(PROMOTED)

    def worse(check: dict[str, Any]) -> None:
        if check["id"] == "metric.accuracy":
            check["measured"] = "0.10"

    resign(forger, move, worse)
    assert "Promotions" in failures(forger.sealed())


def test_nobody_can_answer_for_files_that_are_other_ones(forger: ExceptionalForger) -> None:
    move = forger.moved(EMERGENCY)

    def altered(check: dict[str, Any]) -> None:
        if check["id"] == "artifacts_complete":
            check["outcome"] = "FAIL"

    resign(forger, move, altered)
    assert "Promotions" in failures(forger.sealed())


def test_a_dossier_computed_anew_without_a_change_still_passes(forger: ExceptionalForger) -> None:
    """So that the two tests before fail for the check alone."""
    for verb in (PROMOTED, EMERGENCY):
        resign(forger, forger.moved(verb), lambda check: None)
    assert failures(forger.sealed()) == set()
