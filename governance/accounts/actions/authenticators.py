"""Authenticator apps and passkeys: added and removed by their holder, or removed when lost.

Their rows are django-allauth's and hold what nobody may read in the ledger, so an entry names
them by kind and number alone, and no snapshot is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, validate_totp_code
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction

from governance.accounts.actions.units import STREAM
from governance.accounts.models import User
from governance.accounts.passkeys import Answer, credential_of, made, passkeys_of
from governance.accounts.permissions import Permission, require
from governance.accounts.proof import Proof, require_proof
from governance.accounts.queries import root_unit
from governance.accounts.rules import (
    MAX_PASSKEY,
    Actor,
    AuthenticatorExists,
    AuthenticatorGone,
    OwnAccount,
    ProofMethod,
    ProofMissing,
    name_problems,
)
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, invalid

KINDS = {
    Authenticator.Type.TOTP: ProofMethod.TOTP,
    Authenticator.Type.WEBAUTHN: ProofMethod.PASSKEY,
}


@transaction.atomic
def add_app(*, secret: str, code: str, proof: Proof, actor: User, at: datetime) -> Authenticator:
    """Add the authenticator app that shows this code for this secret.

    The code is spent with it. Appends authenticator.added. Raises AuthenticatorExists,
    InvalidInput, ProofMissing.
    """
    _lock(actor, proof, at=at)
    if Authenticator.objects.filter(user=actor, type=Authenticator.Type.TOTP).exists():
        raise AuthenticatorExists("You have an authenticator app already. Remove it first.")
    if not validate_totp_code(secret, code):
        raise invalid("code", "code", "That is not the code of this moment. Enter the newest one.")
    app = TOTP.activate(actor, secret)
    app.validate_code(code)
    row: Authenticator = app.instance
    _append(Verb.AUTHENTICATOR_ADDED, actor, [row], actor=actor, at=at)
    return row


@transaction.atomic
def add_passkey(
    *, name: str, answer: Answer, proof: Proof, actor: User, at: datetime
) -> Authenticator:
    """Add the passkey that a device made for us. Appends authenticator.added.

    Raises AuthenticatorExists, InvalidInput, PasskeyWrong, ProofMissing.
    """
    _lock(actor, proof, at=at)
    if problems := list(name_problems(name, longest=MAX_PASSKEY, ask="Name the passkey.")):
        raise InvalidInput(*problems)
    credential = made(actor, answer, at=at)
    known = {credential_of(row).credential_id for row in passkeys_of(actor)}
    row: Authenticator = WebAuthn.add(actor, name.strip(), credential).instance
    if credential_of(row).credential_id in known:
        raise AuthenticatorExists("You have added this passkey already.")
    _append(Verb.AUTHENTICATOR_ADDED, actor, [row], actor=actor, at=at)
    return row


@transaction.atomic
def remove_authenticator(
    *, authenticator: Authenticator, proof: Proof, actor: User, at: datetime
) -> None:
    """Remove one's own app or passkey; it opens and signs nothing from now on.

    Appends authenticator.removed. Raises AuthenticatorGone, ProofMissing.
    """
    _lock(actor, proof, at=at)
    _remove(actor, [authenticator.pk], actor=actor, at=at)


@transaction.atomic
def remove_lost(*, user: User, actor: Actor, at: datetime) -> None:
    """Remove all of somebody's apps and passkeys because they lost them: the password is left.

    Appends authenticator.removed. Raises AuthenticatorGone, OwnAccount, PermissionMissing.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    require(actor, Permission.ACCOUNT_MANAGE, unit=root_unit(), at=at)
    if user.ref == actor.ref:
        raise OwnAccount("Remove your own where you added them, with your password.")
    rows = Authenticator.objects.filter(user=user).values_list("pk", flat=True)
    _remove(user, list(rows), actor=actor, at=at)


def kind_of(row: Authenticator) -> ProofMethod:
    """What it proves with."""
    return KINDS[Authenticator.Type(row.type)]


def _lock(actor: User, proof: Proof, *, at: datetime) -> None:
    """Lock the account, and want the password: whoever holds a device need not hold the account."""
    User.objects.select_for_update().get(pk=actor.pk)
    require_proof(proof, actor=actor, at=at)
    if proof.method != ProofMethod.PASSWORD:
        raise ProofMissing("Nothing was changed. This needs your password.")


def _remove(user: User, numbers: Sequence[int], *, actor: Actor, at: datetime) -> None:
    rows = list(Authenticator.objects.filter(user=user, pk__in=numbers).order_by("pk"))
    if not rows:
        raise AuthenticatorGone("There is no authenticator app or passkey left to remove.")
    Authenticator.objects.filter(pk__in=[row.pk for row in rows]).delete()
    _append(Verb.AUTHENTICATOR_REMOVED, user, rows, actor=actor, at=at)


def _append(
    verb: Verb, user: User, rows: Sequence[Authenticator], *, actor: Actor, at: datetime
) -> None:
    audit.append(
        verb=verb,
        stream=STREAM,
        subject=user.ref,
        actor=actor.ref,
        at=at,
        facts={"authenticators": {f"authenticator:{row.pk}": kind_of(row).value for row in rows}},
        records=[],
    )
