"""A fresh proof that the person at the screen is who they say, as a signature needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.core.cache import cache

from governance.accounts.models import User
from governance.accounts.passkeys import Answer, answered
from governance.accounts.rules import (
    CodeWrong,
    PasskeyWrong,
    PasswordNotOwn,
    PasswordWrong,
    ProofMethod,
    ProofMissing,
    ProofWrong,
)

TRIES = 5
LOCKED_SECONDS = 300
WRONG: dict[ProofMethod, type[ProofWrong]] = {
    ProofMethod.PASSWORD: PasswordWrong,
    ProofMethod.TOTP: CodeWrong,
    ProofMethod.PASSKEY: PasskeyWrong,
}


@dataclass(frozen=True, kw_only=True)
class ProofGiven:
    """What somebody gave. One thing counts: a passkey before a code before a password, which the
    browser may have filled in unasked.
    """

    password: str = ""
    code: str = ""
    passkey: Answer | None = None

    @property
    def method(self) -> ProofMethod:
        if self.passkey is not None:
            return ProofMethod.PASSKEY
        return ProofMethod.TOTP if self.code else ProofMethod.PASSWORD


@dataclass(frozen=True, kw_only=True)
class Proof:
    """That this user proved themself at that moment. Only `prove` makes one."""

    user_ref: str
    method: str
    at: datetime


def prove(user: User, *, given: ProofGiven, at: datetime) -> Proof:
    """Return the proof, or raise PasswordWrong, CodeWrong or PasskeyWrong.

    After five wrong tries, of whatever kind, wait five minutes. A code and the answer of a passkey
    serve once. A password that somebody else gave proves nothing: PasswordNotOwn, until the person
    has chosen one.

    21 CFR 11.200(a): each signing not in one continuous session uses all components; here each
    signing asks for one of them again.
    """
    method = given.method
    key = f"signature-tries:{user.pk}"
    # Counted before anything is looked at: a hundred tries at once are a hundred tries.
    tries = _count(key)
    if tries > TRIES:
        raise WRONG[method]("Too many wrong tries. Wait five minutes, then try again.")
    left = f"{TRIES - tries} tries left."
    if given.passkey is not None:
        _note_use(answered(user, given.passkey, at=at), at=at)
    elif given.code:
        _check_code(user, given.code, left=left, at=at)
    elif not given.password or not user.check_password(given.password):
        raise PasswordWrong(f"That password is not right. {left}")
    cache.delete(key)
    if method == ProofMethod.PASSWORD and user.password_chosen_at is None:
        raise PasswordNotOwn(
            "Nothing was done. Whoever made your account knows this password: choose one of your "
            "own first (Change password, beside your name), then try again."
        )
    return Proof(user_ref=user.ref, method=method.value, at=at)


def prove_apart(user: User, *, password: str, code: str, at: datetime) -> Proof:
    """Return the proof of somebody who is not signed in: here they give what signing in asks for.

    That is the password, and from whoever has an app a code as well. Raises as `prove`, and
    ProofMissing where the code is left out or passkeys are all that the person has beside it.
    """
    held = kinds_held(user)
    if held and Authenticator.Type.TOTP not in held:
        raise ProofMissing(
            "Nothing was done. Your passkey cannot be used outside a browser: do this on the page."
        )
    if held and not code:
        raise ProofMissing(
            "Nothing was done. You sign in with password and code, and both are needed here."
        )
    # The code first: it serves once, so that no try at the password comes without a fresh one.
    coded = prove(user, given=ProofGiven(code=code), at=at) if code else None
    proof = prove(user, given=ProofGiven(password=password), at=at)
    return coded or proof


def kinds_held(user: User) -> set[str]:
    """Return the kinds of what the person signs in with beside the password."""
    return set(Authenticator.objects.filter(user=user).values_list("type", flat=True))


def require_proof(proof: Proof, *, actor: User, at: datetime) -> None:
    """Raise ProofMissing unless the proof is the actor's own, given for this very act."""
    if proof.user_ref != actor.ref or proof.at != at:
        raise ProofMissing(
            "Nothing was signed. This needs your own password, code or passkey, given for this "
            "signature."
        )


def _check_code(user: User, code: str, *, left: str, at: datetime) -> None:
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if app is None or not TOTP(app).validate_code(code):
        raise CodeWrong(
            f"That code is not right, or was used already. A new one comes every 30 seconds. {left}"
        )
    _note_use(app, at=at)


def _note_use(authenticator: Authenticator, *, at: datetime) -> None:
    Authenticator.objects.filter(pk=authenticator.pk).update(last_used_at=at)


def _count(key: str) -> int:
    """Count a try and return how many there were within the time."""
    cache.add(key, 0, LOCKED_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # It ran out between the two calls.
        cache.set(key, 1, LOCKED_SECONDS)
        return 1
