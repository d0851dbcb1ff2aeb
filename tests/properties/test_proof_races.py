"""One code, one answer, one app: given many times at once, each counts once."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from django.core.cache import cache

from governance.accounts.actions import add_app, remove_authenticator
from governance.accounts.proof import TRIES, Proof, ProofGiven, prove
from governance.accounts.rules import AuthenticatorExists, AuthenticatorGone, ProofWrong
from governance.audit.models import LedgerEntry
from governance.audit.verification import verify
from tests import factories as f
from tests.authenticators import code_now, make_app, make_passkey, touched
from tests.properties.test_races import at_once

pytestmark = [pytest.mark.backend, pytest.mark.django_db(transaction=True)]

THREADS = 8


@pytest.fixture
def cast() -> f.Cast:
    cache.clear()
    return f.make_cast()


def proofs(cast: f.Cast, given: ProofGiven) -> list[object]:
    return at_once(lambda _: prove(cast.approver, given=given, at=f.NOON), THREADS)


def test_a_code_proves_once(cast: f.Cast) -> None:
    secret = make_app(cast.approver)
    cache.clear()
    answers = proofs(cast, ProofGiven(code=code_now(secret)))
    assert len([one for one in answers if isinstance(one, Proof)]) == 1
    assert len([one for one in answers if isinstance(one, ProofWrong)]) == THREADS - 1


def test_a_passkeys_answer_proves_once(cast: f.Cast) -> None:
    device = make_passkey(cast.approver)
    answers = proofs(cast, ProofGiven(passkey=touched(cast.approver, device, "sign")))
    assert len([one for one in answers if isinstance(one, Proof)]) == 1
    assert len([one for one in answers if isinstance(one, ProofWrong)]) == THREADS - 1


def test_guesses_at_once_are_as_many_tries(cast: f.Cast) -> None:
    make_app(cast.approver)
    answers = proofs(cast, ProofGiven(code="000000"))
    told = [str(one) for one in answers]
    assert len([one for one in told if "tries left" in one]) == TRIES
    assert len([one for one in told if "Wait five minutes" in one]) == THREADS - TRIES


def test_one_app_is_added_and_removed_once(cast: f.Cast) -> None:
    user, proof = cast.approver, f.make_proof(cast.approver)

    def add(_: int) -> object:
        secret = generate_totp_secret()
        code = code_now(secret)
        return add_app(secret=secret, code=code, proof=proof, actor=user, at=f.NOON)

    answers = at_once(add, THREADS)
    assert len([one for one in answers if isinstance(one, AuthenticatorExists)]) == THREADS - 1
    row = Authenticator.objects.get()
    answers = at_once(
        lambda _: remove_authenticator(authenticator=row, proof=proof, actor=user, at=f.NOON),
        THREADS,
    )
    assert len([one for one in answers if isinstance(one, AuthenticatorGone)]) == THREADS - 1
    verbs = list(LedgerEntry.objects.values_list("verb", flat=True))
    assert (verbs.count("authenticator.added"), verbs.count("authenticator.removed")) == (1, 1)
    assert verify().intact
