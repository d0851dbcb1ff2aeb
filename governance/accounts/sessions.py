"""Acts on one's own account: signing in and out, and changing the password."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from governance.accounts.models import User
from governance.audit import actions as audit
from governance.audit.rules import Verb
from governance.core.errors import InvalidInput, Problem
from governance.core.models import Record

STREAM = "accounts"
SAME_PASSWORD = "Choose another password than the one you have."  # noqa: S105  a sentence


@transaction.atomic
def note_sign_in(*, user: User, at: datetime) -> None:
    """Put on record that a person signed in. Appends user.signed_in."""
    _append(Verb.USER_SIGNED_IN, user, at=at)


@transaction.atomic
def note_sign_out(*, user: User, at: datetime) -> None:
    """Put on record that a person signed out. Appends user.signed_out."""
    _append(Verb.USER_SIGNED_OUT, user, at=at)


@transaction.atomic
def change_password(*, user: User, password: str, at: datetime) -> None:
    """Give a person the new password that they chose. Appends password.changed.

    The caller has had the old one proved. From now on they can sign with it.
    Raises InvalidInput for one that is too weak, or is the old one.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise InvalidInput(
            *(Problem(field="password1", rule="strength", message=m) for m in error.messages)
        ) from error
    if user.check_password(password):
        raise InvalidInput(Problem(field="password1", rule="changed", message=SAME_PASSWORD))
    user.set_password(password)
    user.password_chosen_at = at
    user.save(update_fields=["password", "password_chosen_at"])
    _append(Verb.PASSWORD_CHANGED, user, user, at=at)


def _append(verb: Verb, user: User, *records: Record, at: datetime) -> None:
    audit.append(
        verb=verb,
        stream=STREAM,
        subject=user.ref,
        actor=user.ref,
        at=at,
        facts={},
        records=records,
    )
