"""Signing in and out. allauth does the work; these give it our forms, and put it on record."""

from __future__ import annotations

import json
from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.forms import Form
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone

from governance.accounts.models import RoleGrant, User
from governance.accounts.passkeys import can_be_used_at
from governance.accounts.sessions import note_sign_in, note_sign_out
from governance.portal.forms.account import NewPasswordForm, SignInForm
from governance.portal.forms.proof import origin_of
from governance.portal.forms.security import SecondStepForm, SecondStepPasskeyForm

APP, PASSKEY = Authenticator.Type.TOTP.value, Authenticator.Type.WEBAUTHN.value
WANTED = {
    frozenset({APP}): "Enter the code that your authenticator app shows now.",
    frozenset({PASSKEY}): "Use your passkey to go on.",
    frozenset({APP, PASSKEY}): "Enter the code that your app shows now, or use your passkey.",
}


class SignIn(LoginView):
    form_class = SignInForm

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        if isinstance(self.request.user, User):
            note_sign_in(user=self.request.user, at=timezone.now())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "organization": settings.ORGANIZATION,
            "session_hours": settings.SESSION_COOKIE_AGE // 3600,
            "demo_people": demo_people() if settings.DEMO else [],
        }


def demo_people() -> list[tuple[str, str, str]]:
    """Name, role and e-mail of those who came with the demo; the terminal says their password."""
    grants = RoleGrant.objects.filter(user__is_demo=True).select_related("user")
    found = {grant.user_id: grant for grant in grants.order_by("-starts_at", "user__name")}
    people = [
        (grant.user.name, grant.get_role_display(), grant.user.email) for grant in found.values()
    ]
    examiners = User.objects.filter(is_demo=True, is_examiner=True).order_by("name")
    return [*people, *((one.name, "Examiner", one.email) for one in examiners)]


class SecondStep(AuthenticateView):
    """What signing in asks for after the password of whoever has an app or a passkey."""

    form_class = SecondStepForm
    webauthn_form_class = SecondStepPasskeyForm

    def form_valid(self, form: Form) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        if isinstance(self.request.user, User):
            note_sign_in(user=self.request.user, at=timezone.now())
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        held = Authenticator.objects.filter(user_id=self.stage.login.user.pk)
        kinds = set(held.values_list("type", flat=True))
        return context | {
            "kinds": kinds,
            "can_use_passkeys": can_be_used_at(origin_of(self.request)),
            "wanted": WANTED[frozenset(kinds)],
            "passkey_options": json.dumps(context["js_data"]["request_options"]),
            "passkey_errors": context["webauthn_form"].errors.get("credential", []),
        }


class SignOut(LogoutView):
    def logout(self) -> None:
        user = self.request.user
        super().logout()
        if isinstance(user, User):
            note_sign_out(user=user, at=timezone.now())


class ChangePassword(PasswordChangeView):
    form_class = NewPasswordForm
    success_url = reverse_lazy("home")
