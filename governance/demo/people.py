"""The people of the demo, and who each of them is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from governance.accounts.actions import (
    create_service_account,
    create_unit,
    create_user,
    grant_role,
    issue_token,
)
from governance.accounts.models import ServiceAccount, Unit, User
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import ORDINARY_SCOPES, Role

DATA = Path(__file__).parent / "data"


def read(name: str) -> Any:
    return yaml.safe_load((DATA / name).read_text(encoding="utf-8"))


@dataclass(frozen=True, kw_only=True)
class Cast:
    """Everybody by the short name that the data uses."""

    units: dict[str, Unit]
    people: dict[str, User]
    services: dict[str, ServiceAccount]


def email_of(name: str) -> str:
    plain = name.lower().translate(str.maketrans("ńáéłśó", "naelso")).replace(" ", ".")
    return f"{plain}@meridian.example"


def make_cast(*, at: datetime) -> Cast:
    """Make units, people with one role each, and the service accounts of the pipelines."""
    data = read("people.yaml")
    units = {
        path: create_unit(path=path, name=name, actor=CONSOLE, at=at)
        for path, name in data["units"].items()
    }
    people = {}
    for key, entry in data["people"].items():
        unit = units[entry["unit"]]
        person = create_user(
            email=email_of(entry["name"]),
            name=entry["name"],
            password=data["password"],
            unit=unit,
            actor=CONSOLE,
            at=at,
            is_demo=True,
            is_own_password=True,
        )
        grant_role(
            user=person, role=Role(entry["role"]), unit=unit, starts_at=at, actor=CONSOLE, at=at
        )
        people[key] = person
    services = {
        name: create_service_account(
            name=name,
            unit=units[entry["unit"]],
            responsible=people[entry["responsible"]],
            actor=CONSOLE,
            at=at,
        )
        for name, entry in data["services"].items()
    }
    return Cast(units=units, people=people, services=services)


def accounts() -> list[dict[str, str]]:
    """Return who can sign in: e-mail, password and role."""
    data = read("people.yaml")
    return [
        {
            "name": entry["name"],
            "email": email_of(entry["name"]),
            "password": data["password"],
            "role": entry["role"],
        }
        for entry in data["people"].values()
    ]


def examiners() -> list[str]:
    """Return the addresses with which one can look at the demo as an examiner."""
    return [email_of(entry["name"]) for entry in read("people.yaml")["examiners"].values()]


def fresh_tokens(names: Sequence[str], *, at: datetime) -> dict[str, str]:
    """Issue a token to each service account and return the secrets by its name."""
    services = ServiceAccount.objects.filter(name__in=names).select_related("unit").order_by("name")
    return {
        service.name: issue_token(service=service, scopes=ORDINARY_SCOPES, actor=CONSOLE, at=at)[1]
        for service in services
    }
