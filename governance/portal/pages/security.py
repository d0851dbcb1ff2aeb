"""What a person signs in and signs with."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

from governance.accounts.models import User
from governance.accounts.passkeys import can_be_used_at, passkeys_of


@dataclass(frozen=True, kw_only=True)
class Held:
    """One authenticator app or passkey of the reader."""

    number: int
    name: str
    is_app: bool
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class SecurityPage:
    password_chosen_at: datetime | None
    app: Held | None
    passkeys: Sequence[Held]
    can_add_passkey: bool


@dataclass(frozen=True, kw_only=True)
class NewApp:
    """The secret of an app that is not added yet: in groups to type, and as a picture to scan."""

    secret: str
    picture: str

    @property
    def groups(self) -> str:
        return " ".join(self.secret[i : i + 4] for i in range(0, len(self.secret), 4))


def security_page(reader: User, *, origin: str) -> SecurityPage:
    app = Authenticator.objects.filter(user=reader, type=Authenticator.Type.TOTP).first()
    return SecurityPage(
        password_chosen_at=reader.password_chosen_at,
        app=held(app) if app else None,
        passkeys=[held(row) for row in passkeys_of(reader)],
        can_add_passkey=can_be_used_at(origin),
    )


def held(row: Authenticator) -> Held:
    is_app = row.type == Authenticator.Type.TOTP
    return Held(
        number=row.pk,
        name="Authenticator app" if is_app else str(row),
        is_app=is_app,
        added_at=row.created_at,
        used_at=row.last_used_at,
    )


def new_app(reader: User, secret: str) -> NewApp:
    adapter = get_adapter()
    picture = adapter.build_totp_svg(adapter.build_totp_url(reader, secret))
    data = base64.b64encode(picture.encode()).decode()
    return NewApp(secret=secret, picture=f"data:image/svg+xml;base64,{data}")
