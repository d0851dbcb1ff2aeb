from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from governance.accounts.actions import DEFAULT_TOKEN_DAYS, create_service_account, issue_token
from governance.accounts.models import RoleGrant, ServiceAccount, Unit, User
from governance.accounts.queries import CONSOLE, person_with_email, root_unit, unit_reach
from governance.accounts.rules import ORDINARY_SCOPES, Role, Scope
from governance.core.canonical import timestamp
from governance.core.commands import DomainCommand
from governance.core.errors import invalid

ANSWERABLE = (Role.DEVELOPER, Role.MODEL_OWNER, Role.ADMINISTRATOR)
"""Who is chosen to answer for a pipeline when nobody is named, in this order."""


class Command(DomainCommand):
    help = (
        "Print a token of a service account, which is made if there is none of that name. "
        "The account stands in --unit: by default the root unit, whose reach is every unit. "
        "--responsible answers for what the pipeline asks for, and so signs none of it: by default "
        "an active developer of the unit or of one below it, else a model owner, else an "
        "administrator. Exit code 0: the token is printed, this once; 1: refused, nothing was made."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--service", required=True, metavar="NAME")
        parser.add_argument("--unit", default="", metavar="PATH", help="such as bank/retail")
        parser.add_argument("--responsible", default="", metavar="EMAIL")
        parser.add_argument("--days", type=int, default=DEFAULT_TOKEN_DAYS, help="until it expires")
        parser.add_argument(
            "--scopes",
            nargs="+",
            choices=Scope.values,
            default=[scope.value for scope in ORDINARY_SCOPES],
            help="what the token may be used for; default: all that a pipeline needs",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        at = timezone.now()
        # Both acts or none: a service account without its token would only be in the way.
        with transaction.atomic():
            service = service_for(
                options["service"], path=options["unit"], email=options["responsible"], at=at
            )
            token, secret = issue_token(
                service=service,
                scopes=[Scope(scope) for scope in options["scopes"]],
                expires_at=at + timedelta(days=options["days"]),
                actor=CONSOLE,
                at=at,
            )
        issued = {
            "service": service.name,
            "token": secret,
            "scopes": token.scopes,
            "expires_at": timestamp(token.expires_at),
            "unit": service.unit.path,
            "responsible": service.responsible.email,
        }
        self._say(issued, as_json=options["json"])

    def _say(self, issued: dict[str, Any], *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(issued))
            return
        self.stdout.write(issued["token"])
        self.stderr.write(
            f"{issued['service']} works in {issued['unit']}, and {issued['responsible']} answers "
            f"for it. The token expires at {issued['expires_at']} and is not shown again."
        )


def service_for(name: str, *, path: str, email: str, at: datetime) -> ServiceAccount:
    """The service account of that name, made if there is none.

    Raises InvalidInput when the one that is there stands elsewhere, or answers to somebody else.
    """
    known = ServiceAccount.objects.select_related("unit", "responsible").filter(name=name).first()
    if known is None:
        unit = unit_at(path)
        person = person_with(email) if email else answerable_person(unit, at=at)
        return create_service_account(
            name=name, unit=unit, responsible=person, actor=CONSOLE, at=at
        )
    if path and path != known.unit.path:
        raise invalid("unit", "fixed", f"{name} stands in {known.unit.path} already.")
    if email and email.lower() != known.responsible.email:
        raise invalid("responsible", "fixed", f"{known.responsible.email} answers for {name}.")
    return known


def unit_at(path: str) -> Unit:
    unit = Unit.objects.filter(path=path).first() if path else root_unit()
    if unit is None:
        raise invalid("unit", "known", f"There is no unit at {path}.")
    if unit._state.adding:
        raise invalid("unit", "known", "There is no unit yet. Run manage.py create_admin first.")
    return unit


def person_with(email: str) -> User:
    user = person_with_email(email)
    if user is None:
        raise invalid("responsible", "known", f"Nobody signs in as {email}.")
    return user


def answerable_person(unit: Unit, *, at: datetime) -> User:
    """The first, by role and then by name, who works in the unit or in one below it."""
    below = unit_reach([unit.path], prefix="unit__")
    grants = RoleGrant.objects.at(at).filter(below, user__is_active=True)
    for role in ANSWERABLE:
        grant = grants.filter(role=role).select_related("user").order_by("user__name").first()
        if grant is not None:
            return grant.user
    raise invalid("responsible", "required", f"Nobody works in {unit.path}. Name somebody.")
