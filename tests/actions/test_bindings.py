"""Signatures stay with their record: what somebody moves with the database in hand is found."""

from __future__ import annotations

import json
import re
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import call_command
from django.db import connection
from django.test import override_settings

from governance.accounts.rules import Role
from governance.approvals.models import Override, OverrideSignOff, PromotionRequest, SignOff
from governance.approvals.queries.bindings import (
    binding_states,
    bound,
    examine_signatures,
    statement_of,
)
from governance.approvals.rules.binding import BindingState, SignedStatement
from governance.audit import binding, keys, triggers
from governance.audit.actions import write_prose
from governance.core.canonical import sha256_hex
from tests import factories as f
from tests.factories import NOON, Cast

DOCS = Path(__file__).parents[2] / "docs" / "signatures.md"
pytestmark = pytest.mark.django_db


@pytest.fixture
def signed(cast: Cast) -> SignOff:
    """A signature with a comment."""
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    return f.sign(request, cast.validator, Role.VALIDATOR, comment="The slices hold.")


def other_request(cast: Cast) -> PromotionRequest:
    return f.make_ready(cast, f.make_version(cast, f.make_model(cast, name="other-model")))


def state_of(row: SignOff | OverrideSignOff) -> BindingState:
    """The state of the row as the database has it now."""
    fresh = type(row)._default_manager.get(pk=row.pk)
    return binding_states([fresh])[row.ref]


def change(column: str, value: object, *, row: SignOff | OverrideSignOff) -> None:
    """Change a column as somebody with the database in hand could, its triggers taken away."""
    triggers.remove(connection)
    table = connection.ops.quote_name(row._meta.db_table)
    key = row.pk.hex if connection.vendor == "sqlite" else str(row.pk)
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, key])
        assert cursor.rowcount == 1


def key_of(value: object) -> str:
    return str(value).replace("-", "") if connection.vendor == "sqlite" else str(value)


def verify_signatures(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(SystemExit) as exit_:
        call_command("verify_signatures", *arguments, stdout=out, stderr=out)
    return int(str(exit_.value.code)), out.getvalue()


def test_a_signature_is_bound_as_it_is_given(signed: SignOff) -> None:
    assert state_of(signed) == BindingState.BOUND
    assert verify_signatures() == (0, "The signatures are intact: 1 signature bound.\n")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("signed_at", "2026-03-02 13:00:00"),
        ("role", "COMPLIANCE"),
        ("meaning", "I find this version fit for every use."),
        ("proof", "PASSKEY"),
        ("dossier_digest", "0" * 64),
        ("comment_id", None),
    ],
)
@pytest.mark.backend
def test_a_signature_that_states_something_else_is_found(
    signed: SignOff, column: str, value: str | None
) -> None:
    change(column, value, row=signed)
    assert state_of(signed) == BindingState.BROKEN
    assert verify_signatures() == (1, f"1 signature not as given: {signed.ref}.\n")


@pytest.mark.backend
def test_a_signature_moved_to_another_request_is_found(signed: SignOff, cast: Cast) -> None:
    change("request_id", key_of(other_request(cast).pk), row=signed)
    assert state_of(signed) == BindingState.BROKEN


def test_a_signature_given_to_another_person_is_found(signed: SignOff, cast: Cast) -> None:
    change("signer_id", key_of(cast.approver.pk), row=signed)
    assert state_of(signed) == BindingState.BROKEN


def test_a_signature_given_to_another_principal_is_found(signed: SignOff, cast: Cast) -> None:
    change("on_behalf_of_id", key_of(cast.approver.pk), row=signed)
    assert state_of(signed) == BindingState.BROKEN


def test_another_printed_name_is_found(signed: SignOff) -> None:
    change("printed_name_id", key_of(write_prose("Arno Approver").pk), row=signed)
    assert state_of(signed) == BindingState.BROKEN


def test_a_copy_under_another_reference_is_found(signed: SignOff, cast: Cast) -> None:
    triggers.remove(connection)
    copy = SignOff.objects.get(pk=signed.pk)
    copy.pk, copy.signer = uuid4(), cast.second_approver
    copy.save(force_insert=True)
    assert state_of(copy) == BindingState.BROKEN


def test_who_empties_the_binding_is_found_by_the_ledger(signed: SignOff, cast: Cast) -> None:
    other = key_of(other_request(cast).pk)
    change("binding", "", row=signed)
    assert state_of(signed) == BindingState.BROKEN
    change("request_id", other, row=signed)
    assert state_of(signed) == BindingState.BROKEN


def test_a_signature_from_before_there_were_bindings_is_said_to_be_so(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a portal of an earlier release left it: its entry has the row without a binding."""
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    with monkeypatch.context() as patch:
        patch.setattr("governance.approvals.actions.sign_offs.bound", lambda row: "")
        before = f.sign(request, cast.validator, Role.VALIDATOR)
    f.sign(request, cast.approver, Role.APPROVER)
    assert state_of(before) == BindingState.UNBOUND
    said = "1 signature bound, and 1 signature from before are as entered"
    assert verify_signatures() == (0, f"The signatures are intact: {said}.\n")


def test_without_the_key_nothing_is_said_either_way(signed: SignOff, tmp_path: Path) -> None:
    with override_settings(LEDGER_KEY_FILE=tmp_path / "none.pem"):
        assert state_of(signed) == BindingState.UNCHECKED
        code, said = verify_signatures()
    assert (code, "could not be judged" in said) == (2, True)


def test_another_key_bound_nothing_here_unless_it_was_ours_once(
    signed: SignOff, tmp_path: Path
) -> None:
    former = str(binding.own_key())
    with override_settings(LEDGER_KEY_FILE=tmp_path / "new.pem"):
        keys.load_or_make(tmp_path / "new.pem")
        assert state_of(signed) == BindingState.BROKEN
        assert verify_signatures()[0] == 1
        assert verify_signatures("--key", former)[0] == 0
        assert verify_signatures("--key", "nonsense")[0] == 2


def test_a_key_that_was_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    first = keys.load_or_make(path)
    assert keys.load(path) is keys.load(path)
    path.unlink()
    assert keys.load_or_make(path).public != first.public


def override_of(signed: SignOff, cast: Cast) -> OverrideSignOff:
    override = Override.objects.create(
        request=signed.request,
        check_id="metric.accuracy",
        check_digest="c" * 64,
        reason=write_prose("Measured on the old holdout."),
        control=write_prose("Each decision is read by a person."),
        expires_date=NOON.date(),
        proposed_by=cast.developer,
        proposed_at=NOON,
        digest="d" * 64,
    )
    row = OverrideSignOff(
        override=override,
        signer=cast.approver,
        printed_name=write_prose(cast.approver.name),
        role=Role.APPROVER,
        meaning="I let this check fail for a time.",
        override_digest=override.digest,
        proof="PASSWORD",
        signed_at=NOON,
    )
    row.binding = bound(row)
    row.save(force_insert=True)
    return row


def test_signatures_under_an_override_are_bound_alike(signed: SignOff, cast: Cast) -> None:
    row = override_of(signed, cast)
    assert state_of(row) == BindingState.BOUND
    assert examine_signatures().bound == 2
    change("override_digest", "e" * 64, row=row)
    assert state_of(row) == BindingState.BROKEN
    assert examine_signatures().broken == [row.ref]


def test_of_name_and_comment_only_digests_are_signed(signed: SignOff) -> None:
    text = statement_of(SignOff.objects.get(pk=signed.pk)).text()
    assert "Vera" not in text
    assert "slices" not in text
    assert set(json.loads(text)) == {"format", *SignedStatement.__annotations__}


def test_the_vector_in_the_documentation_holds(tmp_path: Path) -> None:
    """Checked with the key and the bytes that the page gives, and made again by our code."""
    block = re.search(r"```json\n(.*?)```", DOCS.read_text(), re.DOTALL)
    assert block
    vector = json.loads(block.group(1))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vector["seed"]))
    message = b"countersign.signature/1\0" + vector["text"].encode()
    assert sha256_hex(message) == vector["message_sha256"]
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    with override_settings(LEDGER_KEY_FILE=tmp_path / "key.pem"):
        assert binding.bind(vector["text"]) == vector["binding"]
        own = binding.own_key()
    assert binding.is_bound(vector["text"], vector["binding"], key=own)
    assert not binding.is_bound(vector["text"] + " ", vector["binding"], key=own)
    with pytest.raises(InvalidSignature):
        key.public_key().verify(bytes(64), message)


def test_what_a_handed_over_key_bound_still_holds(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    with override_settings(LEDGER_KEY_FILE=path):
        f.make_policies(cast)
        request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
        signed = f.sign(request, cast.validator, Role.VALIDATOR, comment="The slices hold.")
        before = binding.own_key()
        call_command("rotate_ledger_key", stdout=StringIO())
        assert binding.own_key() != before
        assert state_of(signed) == BindingState.BOUND
