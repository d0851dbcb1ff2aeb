"""Devices that people prove themselves with: an app that shows codes, a key that answers."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    RegistrationResponse,
)

from governance.accounts.actions import add_app, add_passkey
from governance.accounts.models import User
from governance.accounts.passkeys import ADDING, Answer, Challenge, ask, offer
from tests.factories import NOON, make_proof

ORIGIN = "http://localhost:8000"


def code_now(secret: str) -> str:
    """What an app shows now. Near the end of a period, wait for the next: a code has to last."""
    left = 30 - time.time() % 30
    if left < 3:
        time.sleep(left + 0.05)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def make_app(user: User, *, at: datetime = NOON) -> str:
    """Add an authenticator app and return its secret. Its code of this moment is spent."""
    secret = generate_totp_secret()
    add_app(secret=secret, code=code_now(secret), proof=make_proof(user, at=at), actor=user, at=at)
    return secret


class Device:
    """A security key in software: it signs what a browser would hand to it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(16)

    def makes(
        self, options: Mapping[str, Any], *, origin: str = ORIGIN, verified: bool = True
    ) -> dict[str, Any]:
        """The answer to `navigator.credentials.create`, as a browser sends it."""
        asked = options["publicKey"]
        client = CollectedClientData.create("webauthn.create", asked["challenge"], origin)
        credential = AttestedCredentialData.create(
            Aaguid.NONE, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        flags = AuthenticatorData.FLAG.AT | _flags(verified)
        data = AuthenticatorData.create(_party(asked["rp"]["id"]), flags, 0, bytes(credential))
        attested = AuthenticatorAttestationResponse(
            client_data=client, attestation_object=AttestationObject.create("none", data, {})
        )
        return dict(RegistrationResponse(raw_id=self.credential_id, response=attested))

    def answers(
        self, options: Mapping[str, Any], *, origin: str = ORIGIN, verified: bool = True
    ) -> dict[str, Any]:
        """The answer to `navigator.credentials.get`, as a browser sends it."""
        asked = options["publicKey"]
        client = CollectedClientData.create("webauthn.get", asked["challenge"], origin)
        data = AuthenticatorData.create(_party(asked["rpId"]), _flags(verified), 1)
        signature = self.key.sign(data + client.hash, ec.ECDSA(SHA256()))
        asserted = AuthenticatorAssertionResponse(
            client_data=client, authenticator_data=data, signature=signature
        )
        return dict(AuthenticationResponse(raw_id=self.credential_id, response=asserted))


def make_passkey(
    user: User, *, device: Device | None = None, name: str = "Blue key", at: datetime = NOON
) -> Device:
    """Add a passkey and return the device that holds it."""
    device = device or Device()
    offered = offer(user, origin=ORIGIN, at=at)
    answer = answer_to(offered, device.makes(offered.options), act=ADDING)
    add_passkey(name=name, answer=answer, proof=make_proof(user, at=at), actor=user, at=at)
    return device


def answer_to(
    challenge: Challenge, response: Mapping[str, Any], *, act: str, origin: str = ORIGIN
) -> Answer:
    return Answer(response=response, sealed=challenge.sealed, act=act, origin=origin)


def touched(
    user: User, device: Device, act: str, *, at: datetime = NOON, verified: bool = True
) -> Answer:
    """What a page sends once its reader has used their passkey for this act."""
    challenge = ask(user, act=act, origin=ORIGIN, at=at)
    return answer_to(challenge, device.answers(challenge.options, verified=verified), act=act)


def apps_and_passkeys(user: User) -> list[tuple[int, str]]:
    return list(Authenticator.objects.filter(user=user).order_by("pk").values_list("pk", "type"))


def _flags(verified: bool) -> AuthenticatorData.FLAG:
    return AuthenticatorData.FLAG.UP | (AuthenticatorData.FLAG.UV if verified else 0)


def _party(host: str) -> bytes:
    return hashlib.sha256(host.encode()).digest()
