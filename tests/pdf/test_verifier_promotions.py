"""A forger with the whole database: every hash is computed anew, only the approvals are missing."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from governance.accounts.rules import Role
from governance.approvals.actions import ask_for_canary
from governance.core.canonical import canonical
from governance.evidence.queries.collecting import collect
from governance.evidence.verify_pack import FAIL, GENESIS, verify
from governance.registry.actions.slots import lower_share
from governance.registry.queries import default_slot
from governance.registry.rules import Stage
from tests.factories import NOON, ask, later, make_card, make_report, make_version, sign
from tests.pdf.support import full_model
from tests.pdf.test_verifier import sealed, sha

Forge = Callable[["Forger"], None]


class Forger:
    """Evidence that can be changed anywhere, and made to hold together again."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.bodies = [json.loads(entry["text"]) for entry in document["streams"][0]["ledger"]]
        (self.move,) = [
            body
            for body in self.bodies
            if body["verb"] == "version.promoted" and body["facts"]["to"] == "PRODUCTION"
        ]

    def fields(self, ref: str) -> dict[str, Any]:
        kind = ref.partition(":")[0]
        found: dict[str, Any] = next(
            record["fields"] for record in self.document["records"][kind] if record["ref"] == ref
        )
        return found

    @property
    def signed(self) -> list[dict[str, Any]]:
        return [self.fields(ref) for ref in self.move["facts"]["sign_offs"]]

    def sealed(self) -> bytes:
        """Compute every state, hash, head and seal anew, as the portal's owner could."""
        states = {
            record["ref"]: sha(canonical(record["fields"]))
            for kind in self.document["records"].values()
            for record in kind
        }
        previous, ledger = GENESIS, []
        for body in self.bodies:
            body["states"] = [[ref, states.get(ref, old)] for ref, old in body["states"]]
            text = canonical(body)
            message = b"countersign.ledger.entry/1\0" + bytes.fromhex(previous) + text.encode()
            previous = hashlib.sha256(message).hexdigest()
            ledger.append({"text": text, "hash": previous})
        self.document["streams"][0] |= {"ledger": ledger, "head": previous}
        return sealed(self.document)


@pytest.fixture
def forger(db: None) -> Forger:
    _, model = full_model()
    evidence = collect([model])
    return Forger(json.loads(canonical(evidence)))


def failures(data: bytes) -> set[str]:
    return {check.subject for check in verify(data) if check.outcome == FAIL}


def test_honest_evidence_passes_although_it_was_computed_anew(forger: Forger) -> None:
    assert failures(forger.sealed()) == set()


def nobody_signed(forger: Forger) -> None:
    forger.move["facts"]["sign_offs"] = []


def one_seat_is_empty(forger: Forger) -> None:
    forger.move["facts"]["sign_offs"].pop()


def one_person_filled_both(forger: Forger) -> None:
    first, second = forger.signed
    second["signer_id"] = first["signer_id"]


def the_developer_signed(forger: Forger) -> None:
    forger.signed[0]["signer_id"] = forger.move["facts"]["requested_by"].partition(":")[2]


def one_of_them_rejected(forger: Forger) -> None:
    forger.signed[0]["decision"] = "REJECT"


def it_was_about_other_facts(forger: Forger) -> None:
    other = next(
        record["fields"]
        for record in forger.document["records"]["dossier"]
        if record["fields"]["digest"] != forger.move["facts"]["dossier"]
    )
    forger.signed[0]["dossier_digest"] = other["digest"]


def it_was_written_as_something_else(forger: Forger) -> None:
    forger.move["verb"], forger.move["facts"] = "card.drafted", {}


FORGERIES: list[Forge] = [
    nobody_signed,
    one_seat_is_empty,
    one_person_filled_both,
    the_developer_signed,
    one_of_them_rejected,
    it_was_about_other_facts,
    it_was_written_as_something_else,
]


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__)
def test_a_move_that_was_not_earned_fails(forger: Forger, forge: Forge) -> None:
    forge(forger)
    assert "Promotions" in failures(forger.sealed())


@pytest.fixture
def canary(db: None) -> Forger:
    """A model whose second version had 20 percent of the traffic, by signatures, and has 5 now."""
    cast, model = full_model()
    version = make_version(cast, model)
    make_card(cast, version)
    make_report(cast, version)
    ask(cast, version, Stage.STAGING)
    slot = default_slot(model)
    assert slot is not None
    version.refresh_from_db()
    asked = ask_for_canary(version=version, slot=slot, share=20, actor=cast.developer, at=NOON)
    assert asked.request is not None
    sign(asked.request, cast.validator, Role.VALIDATOR)
    sign(asked.request, cast.approver, Role.APPROVER)
    lower_share(slot=slot, version=version, share=5, actor=cast.developer, at=later(days=1))
    evidence = collect([model])
    return Forger(json.loads(canonical(evidence)))


def rows_of(forger: Forger, share: int) -> list[dict[str, Any]]:
    records = forger.document["records"]["slot_assignment"]
    return [r["fields"] for r in records if r["fields"].get("share") == share]


def test_a_canary_and_its_lowered_share_rest_on_the_signatures(canary: Forger) -> None:
    assert [len(rows_of(canary, share)) for share in (20, 5)] == [1, 1]
    assert failures(canary.sealed()) == set()


@pytest.mark.parametrize(("share", "more"), [(20, 21), (5, 50)])
def test_more_traffic_than_was_signed_for_fails(canary: Forger, share: int, more: int) -> None:
    rows_of(canary, share)[0]["share"] = more
    assert "Promotions" in failures(canary.sealed())


def test_another_version_than_was_signed_for_fails(canary: Forger) -> None:
    row = rows_of(canary, 5)[0]
    others = canary.document["records"]["version"]
    row["version_id"] = next(
        r["ref"].partition(":")[2] for r in others if not r["ref"].endswith(row["version_id"])
    )
    assert "Promotions" in failures(canary.sealed())
