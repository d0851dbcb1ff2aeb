"""The proof that a signature needs: a password, or the code or passkey of whoever has one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import HttpRequest

from governance.accounts.models import User
from governance.accounts.passkeys import Answer, can_be_used_at
from governance.accounts.proof import ProofGiven
from governance.accounts.rules import CodeWrong, PasswordWrong, ProofWrong
from governance.core.errors import DomainError
from governance.portal.forms.base import SiteForm
from governance.portal.requests import PageRequest

MAX_ANSWER = 16_384
WRONG_PROOF: Mapping[type[DomainError], str] = {
    PasswordWrong: "password",
    CodeWrong: "code",
    ProofWrong: "",
}
"""Refusals after which the form comes back, and the field that each is shown at."""
HELD = {Authenticator.Type.TOTP: "code", Authenticator.Type.WEBAUTHN: "passkey"}
WORDS = {"password": "your password", "code": "a code of your app", "passkey": "your passkey"}


@dataclass(frozen=True, kw_only=True)
class Proving:
    """Who is to prove themself, for which act, at which address, and with what they can."""

    user: User
    act: str
    origin: str
    ways: Sequence[str]

    @property
    def sentence(self) -> str:
        """What is wanted, in one sentence."""
        *others, last = (WORDS[way] for way in self.ways)
        return f"Give {', '.join(others)} or {last}: one is enough, and is printed as your proof."


def proving(request: PageRequest, *act: str) -> Proving:
    """Read what the person can prove themself with; the words name what they are about to do."""
    origin = origin_of(request)
    kinds = Authenticator.objects.filter(user=request.user).values_list("type", flat=True)
    held = {HELD[Authenticator.Type(kind)] for kind in kinds}
    if not can_be_used_at(origin):
        held.discard("passkey")
    ways = [way for way in WORDS if way == "password" or way in held]
    return Proving(user=request.user, act=" ".join(act), origin=origin, ways=ways)


def origin_of(request: HttpRequest) -> str:
    """The address that the browser has the portal under."""
    return f"{request.scheme}://{request.get_host()}"


class WayField(forms.CharField):
    """One of several ways, of which one is wanted: none of them is called optional."""

    needed = True


class PasswordForm(SiteForm, forms.Form):
    """What asks for the password and nothing else."""

    # Never stripped: a password may begin or end with a space.
    password = WayField(
        strip=False,
        label="Password",
        help_text="The one you sign in with. It is asked for each time.",
        error_messages={"required": "Enter your password again."},
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )


class CodeInput(forms.TextInput):
    """A code is never shown again: it was right and is spent, or it was wrong."""

    def __init__(self) -> None:
        super().__init__({"autocomplete": "one-time-code", "inputmode": "numeric"})

    def format_value(self, value: Any) -> None:
        return None


class AnswerField(forms.CharField):
    """What a passkey answered: the JSON object that the browser sent."""

    widget = forms.HiddenInput

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_ANSWER, **kwargs)

    def clean(self, value: Any) -> Mapping[str, Any] | None:
        if not (text := super().clean(value)):
            return None
        try:
            answer = json.loads(text)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise ValidationError("It could not be read. Try again.", code="answer")
        return answer


class ProofForm(PasswordForm):
    """Asks for the password, or for what else this person can prove themself with.

    The browser's passkey comes in `passkey`, with the `challenge` that it answers
    (static/js/passkeys.js).
    """

    PROOF = ("password", "code", "passkey", "challenge")
    template_name = "components/proof_form.html"
    unchanged = "Nothing was signed."

    code = WayField(
        required=False,
        max_length=20,
        label="Code of your authenticator app",
        widget=CodeInput,
    )
    passkey = AnswerField(required=False)
    challenge = forms.CharField(required=False, max_length=MAX_ANSWER, widget=forms.HiddenInput)

    def __init__(self, *args: Any, proving: Proving, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proving = proving
        if "code" not in proving.ways:
            del self.fields["code"]
        if "passkey" not in proving.ways:
            del self.fields["passkey"], self.fields["challenge"]
        if len(proving.ways) > 1:
            password = self.fields["password"]
            password.required, password.help_text = False, ""

    def clean(self) -> None:
        super().clean()
        given = [self.cleaned_data.get(name) for name in self.proving.ways]
        if not any(given) and not self.errors.keys() & {*self.PROOF, NON_FIELD_ERRORS}:
            self.add_error("password", f"{self.proving.sentence.partition(':')[0]}.")

    @property
    def given(self) -> ProofGiven:
        data = self.cleaned_data
        return ProofGiven(
            password=data["password"],
            code=data.get("code", ""),
            passkey=answer_of(data, self.proving) if data.get("passkey") else None,
        )


def answer_of(data: Mapping[str, Any], proving: Proving) -> Answer:
    return Answer(
        response=data["passkey"],
        sealed=data["challenge"],
        act=proving.act,
        origin=proving.origin,
    )
