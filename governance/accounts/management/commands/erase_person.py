from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from governance.accounts.actions import STREAM, Order, erase_person
from governance.accounts.erasing import Plan, mentions_of, plan_of
from governance.accounts.models import User
from governance.accounts.proof import kinds_held, prove_apart
from governance.accounts.queries import CONSOLE, active_person, person_with_email
from governance.accounts.rules import Authority
from governance.audit.actions import record_refusal
from governance.core.commands import DomainCommand, read_secret, said
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    Refused,
    WrongState,
    invalid,
)

BAD_INPUT = 2


class Command(DomainCommand):
    help = (
        "Erase what is held of a person who was let go, but for what must stay (docs/erasure.md). "
        "Shows what would go and what would stay; then somebody of compliance proves that it is "
        "they, by password, and a code too if they have an app: asked for at the terminal, or a "
        "line each on standard input. Exit code 0: erased (with --show: shown); 1: refused, and "
        "nothing moved; 2: what was given makes no sense."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL", help="whose data is erased")
        parser.add_argument("--as", dest="by", default="", metavar="EMAIL", help="who erases it")
        parser.add_argument(
            "--authority", default="", metavar="CODE", help=f"one of {', '.join(Authority.values)}"
        )
        parser.add_argument("--case", default="", metavar="NUMBER", help="of your file")
        parser.add_argument("--reason", default="", metavar="TEXT", help="kept on record")
        parser.add_argument("--show", action="store_true", help="print what would be done, only")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read it from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            person = person_called(options["email"])
            self.stdout.write(outlook(plan_of(person, at=timezone.now())))
            if not options["show"]:
                self.erase(person, options)
        except InvalidInput as error:
            raise CommandError(said(error), returncode=BAD_INPUT) from error

    def erase(self, person: User, options: dict[str, Any]) -> None:
        """Have it proven and do it; a refusal goes on record."""
        order = Order(
            authority=options["authority"], case=options["case"], reason=options["reason"]
        )
        # Before a password is asked for in vain.
        order.require_form()
        actor = active_person(options["by"])
        try:
            password = read_secret(f"Password of {actor.email}: ", options)
            code = read_secret("Code of your app: ", options) if kinds_held(actor) else ""
            at = timezone.now()
            proof = prove_apart(actor, password=password, code=code, at=at)
            row = erase_person(user=person, order=order, proof=proof, actor=actor, at=at)
        except (NotAllowed, Refused, WrongState) as error:
            put_on_record(error, person)
            raise
        left = f"; {sum(row.kept.values())} stay" if row.kept else ""
        self.stdout.write(f"Erased: {sum(row.erased.values())}{left}. {person.pseudonym}.")


def person_called(email: str) -> User:
    person = person_with_email(email)
    if person is None:
        raise invalid("email", "known", f"Nobody has the address {email!r}.")
    return person


def outlook(plan: Plan) -> str:
    """What would go and what would stay, in lines."""
    goes = [f"  goes   {count:>6}  {place}" for place, count in plan.erased.items()]
    stays = [f"  stays  {count:>6}  by the rule {rule}" for rule, count in plan.kept.items()]
    held = [f"  on hold since {plan.hold.placed_at:%Y-%m-%d}: nothing goes"] if plan.hold else []
    mentions = len(mentions_of(plan.person))
    written = [f"  texts that hold the name: {mentions}"] if mentions else []
    return "\n".join([plan.person.ref, *goes, *stays, *held, *written])


def put_on_record(error: DomainError, person: User) -> None:
    """Nobody has proven who they are: the shell was refused, and the facts name the person."""
    record_refusal(
        call="command:erase_person",
        actor=CONSOLE.ref,
        subject=error.subject or person.ref,
        stream=error.stream or STREAM,
        error=error,
        at=timezone.now(),
    )
