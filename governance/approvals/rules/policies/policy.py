"""One version of one policy, as read from its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from django.db.models import TextChoices

from governance.accounts.rules import Role
from governance.approvals.rules.gates import Gate, gate_from
from governance.approvals.rules.independence import Independence
from governance.approvals.rules.policies.scopes import Scope
from governance.inventory.rules import AiActClass, Kind, Tier
from governance.registry.rules import Stage


class PolicyState(TextChoices):
    PROPOSED = "PROPOSED", "Proposed"
    IN_FORCE = "IN_FORCE", "In force"
    SUPERSEDED = "SUPERSEDED", "Superseded"
    REJECTED = "REJECTED", "Rejected"


@dataclass(frozen=True, kw_only=True)
class Need:
    """Sign-offs that a policy asks for: so many people who hold the role, and what each states.

    With several `roles` it is a quorum: `count` of them sign, each role once. Whoever has a higher
    `step` signs after all of the lower ones.
    """

    roles: tuple[Role, ...]
    count: int
    meaning: str
    step: int = 1
    independent_of: frozenset[Independence] = frozenset()

    @property
    def is_quorum(self) -> bool:
        return len(self.roles) > 1

    @property
    def label(self) -> str:
        """`Approver`, or `Validator, Approver or Compliance`."""
        *most, last = [str(role.label) for role in self.roles]
        return f"{', '.join(most)} or {last}" if most else last


@dataclass(frozen=True, kw_only=True)
class ManualCheck:
    """A check that a person makes, and in which role."""

    id: str
    label: str
    ask: str
    role: Role


@dataclass(frozen=True, kw_only=True)
class Escalation:
    """Whom a request concerns that has waited for so many days."""

    after_days: int
    role: Role


@dataclass(frozen=True, kw_only=True)
class OverrideRule:
    """Which failing checks people may answer for, in which role, how many, and how long at most.

    `checks` are ids in which `*` stands for any characters.
    """

    checks: tuple[str, ...]
    role: Role
    people: int
    longest_days: int

    def covers(self, check_id: str) -> bool:
        return any(fnmatchcase(check_id, pattern) for pattern in self.checks)


@dataclass(frozen=True, kw_only=True)
class EmergencyRule:
    """Who lets a version go live now and be reviewed after, and how long that stands."""

    role: Role
    people: int
    stands_days: int


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of one policy.

    `deadline_days` is how soon a request is to be decided; `usable_days` how long a signature
    counts before the change; `stands_days` how long what was approved stands after it. None of
    them is a limit where it is None. `is_open` marks those of the shipped set that asks for
    nothing; no file can say it of itself.
    """

    key: str
    title: str
    scope: Scope
    gates: tuple[Gate, ...] = ()
    manual_checks: tuple[ManualCheck, ...] = ()
    needs: tuple[Need, ...] = ()
    validator_may_approve: bool = False
    deadline_days: int | None = None
    escalation: Escalation | None = None
    usable_days: int | None = None
    stands_days: int | None = None
    overrides: tuple[OverrideRule, ...] = ()
    emergency: EmergencyRule | None = None
    is_open: bool = False
    ref: str = ""
    number: int = 0
    digest: str = ""
    content: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def metrics(self) -> set[str]:
        """The metrics that its gates judge."""
        return {metric for gate in self.gates for metric in gate.metrics}

    def need_for(self, role: Role) -> Need | None:
        """Return what it asks of those who hold the role; a role stands in one need only."""
        return next((need for need in self.needs if role in need.roles), None)

    def manual_check(self, check_id: str) -> ManualCheck | None:
        return next((check for check in self.manual_checks if check.id == check_id), None)

    def override_rule(self, check_id: str) -> OverrideRule | None:
        return next((rule for rule in self.overrides if rule.covers(check_id)), None)


def policy_from(
    content: dict[str, Any], *, ref: str = "", number: int = 0, digest: str = ""
) -> Policy:
    """Return the policy of content that the schema has passed."""
    approval = content.get("approval", {})
    return Policy(
        key=content["policy"],
        title=content["title"],
        scope=_scope(content["applies_to"]),
        gates=tuple(gate_from(entry) for entry in content.get("gates", ())),
        manual_checks=tuple(_manual(entry) for entry in content.get("manual_checks", ())),
        needs=tuple(_need(entry) for entry in content.get("sign_offs", ())),
        validator_may_approve=content.get("validator_may_approve", False),
        deadline_days=content.get("deadline_days"),
        escalation=_escalation(content.get("escalation")),
        usable_days=approval.get("usable_days"),
        stands_days=approval.get("stands_days"),
        overrides=tuple(_override(entry) for entry in content.get("overrides", ())),
        emergency=_emergency(content.get("emergency")),
        ref=ref,
        number=number,
        digest=digest,
        content=content,
    )


def _scope(entry: dict[str, Any]) -> Scope:
    return Scope(
        target=Stage(entry["target"]),
        sources=frozenset(map(Stage, entry.get("from", ()))),
        tiers=frozenset(map(Tier, entry.get("tiers", ()))),
        kinds=frozenset(map(Kind, entry.get("kinds", ()))),
        slots=frozenset(entry.get("slots", ())),
        ai_act_classes=frozenset(map(AiActClass, entry.get("ai_act_classes", ()))),
        units=frozenset(entry.get("units", ())),
        jurisdictions=frozenset(entry.get("jurisdictions", ())),
    )


def _need(entry: dict[str, Any]) -> Need:
    return Need(
        roles=tuple(map(Role, entry.get("any_of") or [entry["role"]])),
        count=entry.get("count", 1),
        meaning=entry["meaning"],
        step=entry.get("step", 1),
        independent_of=frozenset(map(Independence, entry.get("independent_of", ()))),
    )


def _manual(entry: dict[str, Any]) -> ManualCheck:
    return ManualCheck(
        id=f"manual.{entry['id']}", label=entry["label"], ask=entry["ask"], role=Role(entry["role"])
    )


def _escalation(entry: dict[str, Any] | None) -> Escalation | None:
    if entry is None:
        return None
    return Escalation(after_days=entry["after_days"], role=Role(entry["role"]))


def _override(entry: dict[str, Any]) -> OverrideRule:
    return OverrideRule(
        checks=tuple(entry["checks"]),
        role=Role(entry["role"]),
        people=entry["people"],
        longest_days=entry["longest_days"],
    )


def _emergency(entry: dict[str, Any] | None) -> EmergencyRule | None:
    if entry is None:
        return None
    return EmergencyRule(
        role=Role(entry["role"]), people=entry["people"], stands_days=entry["stands_days"]
    )
