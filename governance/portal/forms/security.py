"""Adding and removing authenticator apps and passkeys, and the second step of signing in."""

from __future__ import annotations

from typing import Any

from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm
from django import forms
from django.core.exceptions import ValidationError

from governance.accounts.passkeys import UNREADABLE
from governance.accounts.rules import MAX_PASSKEY
from governance.core.sealing import SealBroken
from governance.portal.forms.base import SiteForm
from governance.portal.forms.proof import MAX_ANSWER, AnswerField, CodeInput, PasswordForm

OTHER_KEY = (
    "Your authenticator app cannot be checked any more: the portal’s secret key was changed. "
    "Whoever runs the portal can remove it (manage.py remove_authenticators)."
)
ENTER_CODE = {"required": "Enter the code that your app shows."}


class AppForm(PasswordForm):
    """`secret` is what the page showed, sealed."""

    unchanged = "No app was added."

    code = forms.CharField(
        max_length=20,
        label="Code that the app shows",
        help_text="Six digits, new every 30 seconds.",
        error_messages=ENTER_CODE,
        widget=CodeInput,
    )
    secret = forms.CharField(max_length=500, widget=forms.HiddenInput)

    field_order = ("code", "password")


class PasskeyForm(PasswordForm):
    unchanged = "No passkey was added."

    name = forms.CharField(
        max_length=MAX_PASSKEY,
        label="Name of the passkey",
        help_text="Such as Laptop or Blue key: what you will know it by.",
        error_messages={"required": "Name the passkey."},
    )
    passkey = AnswerField(error_messages={"required": "Your browser gave none. Try again."})
    challenge = forms.CharField(required=False, max_length=MAX_ANSWER, widget=forms.HiddenInput)

    field_order = ("name", "password")


class RemoveForm(PasswordForm):
    unchanged = "Nothing was removed."


class SecondStepForm(SiteForm, AuthenticateForm):
    """The code of an app. allauth counts the tries and takes each code once."""

    unchanged = "You are not signed in."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = forms.CharField(
            max_length=20,
            label="Code of your authenticator app",
            error_messages=ENTER_CODE,
            widget=CodeInput,
        )

    def clean_code(self) -> str:
        try:
            code: str = super().clean_code()
        except SealBroken as error:
            raise ValidationError(OTHER_KEY, code="seal") from error
        return code


class SecondStepPasskeyForm(SiteForm, AuthenticateWebAuthnForm):
    """The answer of a passkey to the challenge that allauth keeps in the session."""

    unchanged = "You are not signed in."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["credential"] = AnswerField(label="Passkey")

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except UNREADABLE as error:
            raise ValidationError("The passkey’s answer could not be read.") from error
