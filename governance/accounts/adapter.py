"""How django-allauth is held: people are let in by administrators, never by signing up."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest

from governance.core.sealing import seal, unseal

PURPOSE = "authenticators"


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Keeps the secret of an authenticator app encrypted. Passkeys have none to keep."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That was not right, or was used already. Try again with a new one.",
    }

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. Raises core.sealing.SealBroken."""
        return unseal(encrypted_text, purpose=PURPOSE)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": settings.ORGANIZATION}
