from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.management.base import BaseCommand

from governance.accounts.rules import SIGNING_ROLES
from governance.approvals.refusals import HANDS_REFUSED
from governance.approvals.rules.duties import Duties, bars
from governance.approvals.rules.independence import Independence
from governance.audit.registration import REFUSALS
from governance.inventory.rules import Capacity

HEAD = """\
# Who may sign

Generated from `governance/approvals/rules/duties.py` and `governance/approvals/refusals.py` by
`manage.py show_duties`; a test keeps it so. Another test has everybody try everything.

A person signs in a role that they hold in the model's unit and that the policy asks for
([who may do what](access.md)). Administrators and superusers hold none by being that, and nothing
below knows whether somebody is one. Whoever had a hand in the version is then kept from signing by
the rule that stands in the table, in whatever role, for approving, returning and rejecting alike.
A deputy is judged like the person in whose name they sign, and so is that person.
"""
INTERFACES = """\
## Where one can decide

| Interface | approve | return | reject |
| --- | :-: | :-: | :-: |
| Portal, with a fresh proof of who signs | who may sign | who may sign | who may sign |
| MLflow and Databricks protocol | nobody | nobody | who may sign, by token; no signature |
| REST API | nobody | nobody | nobody |
| Admin | nobody | nobody | nobody |
| A row written past all of them | refused where the table says so | the same | the same |

The database does not judge roles, nor what a policy says of validators: a forged row of somebody
who had no hand in the version is accepted, and has no entry in the ledger.
"""
ME = "user:me"
OTHER = "user:other"


@dataclass(frozen=True, kw_only=True)
class Hand:
    """Something that a person did: how it stands in the facts, and what of it the database sees.

    `asked` is what the policy asks of its signers beyond what holds for everybody.
    """

    words: str
    facts: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""
    asked: frozenset[Independence] = frozenset()


HANDS = (
    Hand(words="none"),
    Hand(
        words="owns the model, or owned it once",
        facts={"builders": {ME: frozenset({Capacity.OWNER})}},
        refusal="builder_signs",
    ),
    Hand(
        words="is or was a developer of the model",
        facts={"builders": {ME: frozenset({Capacity.DEVELOPER})}},
        refusal="builder_signs",
    ),
    Hand(
        words="answers for the registration of the version",
        facts={"registered_by": ME},
        refusal="registrant_signs",
    ),
    Hand(
        words="committed the code of the version",
        facts={"committed_by": ME},
        refusal="committer_signs",
    ),
    Hand(
        words="wrote in the card of the version at any time, or published it",
        facts={"card_edited_by": frozenset({ME})},
        refusal="card_editor_signs",
    ),
    Hand(
        words="asked for the change",
        facts={"requested_by": ME},
        refusal="requester_signs",
    ),
    Hand(
        words="signed the same facts before",
        facts={"signed_by": frozenset({ME})},
        refusal="signed_twice",
    ),
    Hand(words="validated the version", facts={"validated_by": frozenset({ME})}),
    Hand(
        words="validated the version, and the policy lets its validator approve",
        facts={"validated_by": frozenset({ME}), "validator_may_approve": True},
    ),
    Hand(
        words="signed an override of a check of this request",
        facts={"overridden_by": frozenset({ME})},
    ),
    Hand(
        words="owns or builds models in the unit, and the policy asks for others",
        facts={"unit_builders": frozenset({ME})},
        asked=frozenset({Independence.UNIT}),
    ),
    Hand(
        words="none, but who asked for the change validated the version",
        facts={"requested_by": OTHER, "validated_by": frozenset({OTHER})},
    ),
)


class Command(BaseCommand):
    help = "Print who may sign as Markdown: docs/duties.md. Exit code 0."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(page(), ending="")


def page() -> str:
    hands, refusals = "\n".join(_hands()), "\n".join(_refusals())
    return f"""{HEAD}
## Hands and roles

{hands}

{INTERFACES}
## What the database refuses

Whoever writes it: SQLite and PostgreSQL alike, by triggers that `migrate` puts in place and
`check --deploy` and `verify_ledger` report when one is gone or altered.

{refusals}
"""


def _hands() -> Iterator[str]:
    yield f"| Hand | {' | '.join(str(role.label) for role in SIGNING_ROLES)} | Database |"
    yield f"| --- |{' --- |' * len(SIGNING_ROLES)} :-: |"
    for hand in HANDS:
        duties = Duties(model_name="the model", version_number=1, **hand.facts)
        cells = [
            ", ".join(
                f"`{bar.rule}`" for bar in bars(ME, duties, role=role, independent_of=hand.asked)
            )
            or "may sign"
            for role in SIGNING_ROLES
        ]
        seen = "refuses" if hand.refusal in HANDS_REFUSED else ""
        yield f"| {hand.words} | {' | '.join(cells)} | {seen} |"


def _refusals() -> Iterator[str]:
    yield "| Table | On | Trigger | It says |"
    yield "| --- | --- | --- | --- |"
    for refusal in sorted(REFUSALS.values(), key=lambda one: one.trigger):
        yield f"| `{refusal.table}` | {refusal.on} | `{refusal.name}` | {refusal.says} |"
