"""A fresh proof that the person at the screen is who they say, as a signature needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from governance.accounts.models import User
from governance.accounts.rules import PasswordNotOwn, PasswordWrong, ProofMissing

TRIES = 5
LOCKED_SECONDS = 300


@dataclass(frozen=True, kw_only=True)
class Proof:
    """That this user gave the password at that moment. Only `prove` makes one."""

    user_ref: str
    method: str
    at: datetime


def prove(user: User, *, password: str, at: datetime) -> Proof:
    """Return the proof, or raise PasswordWrong. After five wrong tries, wait five minutes.

    A password that somebody else gave proves nothing: PasswordNotOwn, until the person has
    chosen one.

    21 CFR 11.200(a): each signing not in one continuous session uses all components; here each
    signing asks for the password again.
    """
    key = f"signature-tries:{user.pk}"
    # Counted before the password is looked at: a hundred tries at once are a hundred tries.
    tries = _count(key)
    if tries > TRIES:
        raise PasswordWrong("Too many wrong passwords. Wait five minutes, then sign again.")
    if not password or not user.check_password(password):
        raise PasswordWrong(f"That password is not right. {TRIES - tries} tries left.")
    cache.delete(key)
    if user.password_chosen_at is None:
        raise PasswordNotOwn(
            "Nothing was signed. Whoever made your account knows this password: choose one of your "
            "own first (Change password, beside your name), then sign."
        )
    return Proof(user_ref=user.ref, method="PASSWORD", at=at)


def require_proof(proof: Proof, *, actor: User, at: datetime) -> None:
    """Raise ProofMissing unless the proof is the actor's own, given for this very act."""
    if proof.user_ref != actor.ref or proof.at != at:
        raise ProofMissing(
            "Nothing was signed. This needs your own password, given for this signature."
        )


def _count(key: str) -> int:
    """Count a try and return how many there were within the time."""
    cache.add(key, 0, LOCKED_SECONDS)
    try:
        return cache.incr(key)
    except ValueError:
        # It ran out between the two calls.
        cache.set(key, 1, LOCKED_SECONDS)
        return 1
