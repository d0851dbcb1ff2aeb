"""Signing in and out. allauth does the work; these give it our forms and addresses."""

from __future__ import annotations

from typing import Any

from allauth.account.views import LoginView, LogoutView, PasswordChangeView
from django.conf import settings
from django.urls import reverse_lazy

from governance.portal.forms.account import NewPasswordForm, SignInForm


class SignIn(LoginView):
    form_class = SignInForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "organization": settings.ORGANIZATION,
            "session_hours": settings.SESSION_COOKIE_AGE // 3600,
            "demo": settings.DEMO,
        }


class SignOut(LogoutView):
    pass


class ChangePassword(PasswordChangeView):
    form_class = NewPasswordForm
    success_url = reverse_lazy("home")
