"""Signing in, and changing one's password: allauth's forms in our words."""

from __future__ import annotations

from typing import Any, cast

from allauth.account.forms import ChangePasswordForm, LoginForm
from django.core.exceptions import ValidationError
from django.utils import timezone

from governance.accounts.models import User
from governance.accounts.sessions import SAME_PASSWORD, change_password
from governance.portal.forms.base import SiteForm


def plain(form: SiteForm) -> None:
    """Take away placeholders: a label stays, a placeholder vanishes when one types."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class SignInForm(SiteForm, LoginForm):
    unchanged = "You are not signed in."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "E-mail"
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].help_text = ""
        plain(self)


class NewPasswordForm(SiteForm, ChangePasswordForm):
    unchanged = "Your password is unchanged."

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Password now"
        self.fields["password1"].label = "New password"
        self.fields[
            "password1"
        ].help_text = "At least 8 characters, not only digits, not a common one."
        self.fields["password2"].label = "New password again"
        plain(self)

    def clean_password1(self) -> str:
        chosen: str = self.cleaned_data["password1"]
        if cast(User, self.user).check_password(chosen):
            raise ValidationError(SAME_PASSWORD, code="changed")
        return chosen

    def save(self) -> None:
        """Change it as one act with one entry; the view then renews the session."""
        person = cast(User, self.user)
        change_password(user=person, password=self.cleaned_data["password1"], at=timezone.now())
        person.refresh_from_db(fields=["password"])
