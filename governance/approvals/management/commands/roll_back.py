from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from governance.accounts.proof import kinds_held
from governance.accounts.queries import CONSOLE
from governance.accounts.rules import Role
from governance.approvals.actions import roll_back_for
from governance.approvals.actions.rollbacks import (
    approver_called,
    basis_of,
    rollback_case,
    slot_to_roll_back,
)
from governance.approvals.queries.cases import ROLLBACK_NEED, Case
from governance.audit.actions import record_refusal
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.core.commands import DomainCommand, read_secret, said
from governance.core.errors import (
    DomainError,
    InvalidInput,
    NotAllowed,
    NotFound,
    Refused,
    WrongState,
    invalid,
)
from governance.core.wording import moment
from governance.inventory.models import Model
from governance.registry.queries import champion_of

BAD_INPUT = 2


class Command(DomainCommand):
    help = (
        "Return the version that served in a slot before, and archive what serves there now. Shows "
        "what would return, what would go, on whose signatures it rests and the digest of it all; "
        "then an approver proves that it is they, by password, and a code too if they have an app: "
        "asked for at the terminal, or a line each on standard input; never from the arguments, "
        "which every process of the machine can read. Exit code 0: rolled back (with --show: it "
        "could be); 1: refused, and nothing moved; 2: what was given makes no sense."
    )

    # The server looked at itself when it started; here that is a third of the whole time.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL")
        parser.add_argument("--slot", default="", metavar="NAME", help="default: the default slot")
        parser.add_argument("--as", dest="email", default="", metavar="EMAIL", help="who decides")
        parser.add_argument("--reason", default="", metavar="TEXT", help="printed in the evidence")
        parser.add_argument("--show", action="store_true", help="print what would be done, only")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read it from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.roll_back(model_at(options["model"]), options)
        except (InvalidInput, NotFound) as error:
            raise CommandError(said(error), returncode=BAD_INPUT) from error

    def roll_back(self, model: Model, options: dict[str, Any]) -> None:
        """Show it, have it proven, do it; a refusal goes on record, but not that of a look."""
        try:
            case = rollback_case(slot_to_roll_back(model, options["slot"]), at=timezone.now())
            self.stdout.write(outlook(case))
            if not options["show"]:
                self.decide(case, options)
        except (NotAllowed, Refused, WrongState) as error:
            if not options["show"]:
                put_on_record(error, model)
            raise

    def decide(self, case: Case, options: dict[str, Any]) -> None:
        if not options["email"] or not options["reason"].strip():
            missing = "reason" if options["email"] else "as"
            raise invalid(missing, "required", "Say who decides, and why: --as and --reason.")
        # Before a password is asked for in vain.
        person = approver_called(options["email"], case=case, at=timezone.now())
        request = roll_back_for(
            email=person.email,
            password=read_secret(f"Password of {person.email}: ", options),
            code=read_secret("Code of your app: ", options) if kinds_held(person) else "",
            slot=case.slot,
            digest_seen=case.digest,
            reason=options["reason"],
            via=None,
            at=timezone.now(),
        )
        entry = LedgerEntry.objects.of_stream(request.model.stream).filter(
            verb=Verb.VERSION_ROLLED_BACK, subject=request.version.ref
        )
        self.stdout.write(
            f"{case.version} is live again in {case.slot}: {request.reference}, entry "
            f"{entry.latest('seq').seq} of {request.model.stream}."
        )


def model_at(name: str) -> Model:
    model = Model.objects.select_related("unit").named(name).first()
    if model is None:
        raise invalid("model", "known", f"There is no model {name}.")
    return model


def outlook(case: Case) -> str:
    """What would be done, in lines."""
    approval, signatures = basis_of(case)
    leaving = champion_of(case.slot)
    signed = [
        f"             {row.printed_name}, {Role(row.role).label.lower()}, {moment(row.signed_at)}"
        for row in signatures
    ]
    lines = [
        f"{case.version.model.name}, slot {case.slot}",
        f"  returns    version {case.version.number}",
        f"  goes       {f'version {leaving.number}' if leaving else 'nothing: it stands empty'}",
        f"  rests on   {approval.reference}, signed by",
        *signed,
        f"  digest     {case.digest}",
        f"  to be signed: {ROLLBACK_NEED.meaning}",
    ]
    return "\n".join(lines)


def put_on_record(error: DomainError, model: Model) -> None:
    """Nobody has proven who they are: the shell was refused, and the facts name the person."""
    record_refusal(
        call="command:roll_back",
        actor=CONSOLE.ref,
        subject=error.subject or model.ref,
        stream=error.stream or model.stream,
        error=error,
        at=timezone.now(),
    )
