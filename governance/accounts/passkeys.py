"""Passkeys: a challenge for one act, and the answer of the device (Web Authentication Level 3)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from governance.accounts.models import User
from governance.accounts.rules import AuthenticatorGone, PasskeyWrong

LASTS = timedelta(minutes=2)
ADDING = "add a passkey"
NOT_ACCEPTED = "That passkey was not accepted. Try again, or prove it is you in another way."
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    struct.error,
)
"""What the parser of answers raises, depending on where an answer is malformed."""


@dataclass(frozen=True, kw_only=True)
class Challenge:
    """`options` are for the browser; `sealed` comes back with the answer."""

    options: dict[str, Any]
    sealed: str


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the browser sent back, and for what the page meant it.

    `origin` is the address that the portal was called by, such as https://countersign.example.
    """

    response: Mapping[str, Any]
    sealed: str
    act: str
    origin: str


def can_be_used_at(origin: str) -> bool:
    """Tell whether browsers offer passkeys there: to a name, over https, or on localhost."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_name = not host.replace(".", "").isdigit() and ":" not in host
    return host == "localhost" or (parts.scheme == "https" and is_name)


def passkeys_of(user: User) -> list[Authenticator]:
    rows = Authenticator.objects.filter(user=user, type=Authenticator.Type.WEBAUTHN)
    return list(rows.order_by("created_at", "pk"))


def ask(user: User, *, act: str, origin: str, at: datetime) -> Challenge:
    """Return a challenge to this user's passkeys: for this act alone, for two minutes, once.

    Raises AuthenticatorGone when they have none.
    """
    known = [credential_of(row) for row in passkeys_of(user)]
    if not known:
        raise AuthenticatorGone("There is no passkey for this account.")
    options, state = _server(origin).authenticate_begin(known, UserVerificationRequirement.REQUIRED)
    return Challenge(options=_for_browser(options), sealed=_seal(state, user, act, at=at))


def answered(user: User, answer: Answer, *, at: datetime) -> Authenticator:
    """Return the passkey that answered, its holder verified by the device. Raises PasskeyWrong."""
    state = _open(answer, user, at=at)
    rows = {credential_of(row).credential_id: row for row in passkeys_of(user)}
    known = [credential_of(row) for row in rows.values()]
    try:
        parsed = AuthenticationResponse.from_dict(answer.response)
        used = _server(answer.origin).authenticate_complete(state, known, parsed)
    except UNREADABLE as error:
        raise PasskeyWrong(NOT_ACCEPTED) from error
    return rows[used.credential_id]


def offer(user: User, *, origin: str, at: datetime) -> Challenge:
    """Return what a browser needs to make a passkey; a device that holds one makes no second."""
    entity = get_adapter().get_public_key_credential_user_entity(user)
    options, state = _server(origin).register_begin(
        PublicKeyCredentialUserEntity(**entity),
        [credential_of(row) for row in passkeys_of(user)],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Challenge(options=_for_browser(options), sealed=_seal(state, user, ADDING, at=at))


def made(user: User, answer: Answer, *, at: datetime) -> dict[str, Any]:
    """Return the credential that the device made, as it is stored. Raises PasskeyWrong."""
    state = _open(answer, user, at=at)
    try:
        parsed = RegistrationResponse.from_dict(answer.response)
        _server(answer.origin).register_complete(state, parsed)
        # Only what was parsed is kept, and not what else the browser may have sent.
        return dict(parsed)
    except UNREADABLE as error:
        raise PasskeyWrong("That passkey was not accepted. Nothing was added.") from error


def credential_of(row: Authenticator) -> AttestedCredentialData:
    found: AttestedCredentialData = row.wrap().authenticator_data.credential_data
    return found


def _server(origin: str) -> Fido2Server:
    host = urlsplit(origin).hostname or ""
    party = PublicKeyCredentialRpEntity(id=host, name=settings.ORGANIZATION)
    # Stricter than the standard, which also accepts the answers of hosts below ours.
    return Fido2Server(party, verify_origin=lambda answering: answering == origin)


def _for_browser(options: Mapping[str, Any]) -> dict[str, Any]:
    timeout = int(LASTS.total_seconds() * 1000)
    return {"publicKey": {**options["publicKey"], "timeout": timeout}}


def _salt(user: User, act: str) -> str:
    return f"passkey:{user.ref}:{act}"


def _seal(state: Mapping[str, Any], user: User, act: str, *, at: datetime) -> str:
    until = (at + LASTS).isoformat()
    return signing.dumps({"state": dict(state), "until": until}, salt=_salt(user, act))


def _open(answer: Answer, user: User, *, at: datetime) -> dict[str, Any]:
    """Return the state of a challenge and spend it, whatever the answer turns out to be."""
    try:
        content = signing.loads(answer.sealed, salt=_salt(user, answer.act))
    except signing.BadSignature:
        raise PasskeyWrong("That passkey answered for something else. Try again.") from None
    if at > datetime.fromisoformat(content["until"]):
        raise PasskeyWrong("That took longer than two minutes. Try again.")
    state: dict[str, Any] = content["state"]
    # Kept longer than it could be used, so that it cannot be used when it is forgotten.
    if not cache.add(f"passkey:{state['challenge']}", "spent", 2 * LASTS.total_seconds()):
        raise PasskeyWrong("That answer was given already. Try again.")
    return state
