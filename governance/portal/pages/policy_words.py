"""A policy in plain sentences: what it applies to, who signs in which order, how soon, how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from governance.accounts.rules import Role
from governance.approvals.rules.independence import Independence
from governance.approvals.rules.policies import ManualCheck, Need, OverrideRule, Policy, Scope
from governance.core.wording import counted, few
from governance.inventory.rules import AiActClass, Kind, Tier
from governance.registry.rules import Stage

EXEMPT_NOBODY = (
    "Whoever owns or owned the model, built, registered or committed the version, wrote in its "
    "card or asked for this never signs. Who validated the version {validator}."
)


def applies_to(policy: Policy) -> str:
    """Say in one sentence which moves fall under a policy."""
    scope = policy.scope
    tiers = _or([f"Tier {tier.value}" for tier in Tier if tier in scope.tiers])
    sources = _or([str(stage.label) for stage in Stage if stage in scope.sources])
    return (
        f"{f'{tiers} models' if tiers else 'Models of every tier'}{_which(scope)}, "
        f"{f'going from {sources}' if sources else 'going'} to {scope.target.label}"
        f"{f' in {_or(sorted(scope.slots))}' if scope.slots else ''}."
    )


def _which(scope: Scope) -> str:
    """What narrows the models beside their tier, as it goes on after `Tier 1 models`."""
    kinds = _or([str(kind.label).lower() for kind in Kind if kind in scope.kinds])
    classes = _or([str(one.label).lower() for one in AiActClass if one in scope.ai_act_classes])
    said = (
        (" of kind ", kinds),
        (" classed under the EU AI Act as ", classes),
        (" of the unit ", _or(sorted(scope.units))),
        (" used in ", _or(sorted(scope.jurisdictions))),
    )
    return "".join(words + listed for words, listed in said if listed)


def _or(words: Sequence[str]) -> str:
    """`Draft`, `Draft or Staging`, `Tier 1, Tier 2 or Tier 3`."""
    return " or ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def people_word(role: Role, count: int) -> str:
    """`two heads of model risk`."""
    return f"{few(count)} {role_noun(role, count)}"


def role_noun(role: Role, count: int) -> str:
    if role == Role.HEAD_OF_MODEL_RISK:
        return "head of model risk" if count == 1 else "heads of model risk"
    noun = "compliance officer" if role == Role.COMPLIANCE else str(role.label).lower()
    return noun if count == 1 else f"{noun}s"


def need_word(need: Need, count: int) -> str:
    """`two approvers`, or of a quorum `two of validator, approver or compliance officer`."""
    if not need.is_quorum:
        return people_word(need.roles[0], count)
    return f"{few(count)} of {_or([role_noun(role, 1) for role in need.roles])}"


def need_sentence(need: Need, policy: Policy) -> str:
    """Say who signs, and when among the others: `One validator signs first`."""
    steps = sorted({one.step for one in policy.needs})
    when = ""
    if len(steps) > 1:
        when = " first" if need.step == steps[0] else " after them"
    verb = "signs" if need.count == 1 else "sign"
    roles = ", each in a role of their own" if need.is_quorum else ""
    said = f"{need_word(need, need.count)} {verb}{when}{roles}"
    conditions = [str(one.label) for one in Independence if one in need.independent_of]
    if conditions:
        said += f", who {' and '.join(conditions)}"
    return said[:1].upper() + said[1:]


def check_sentence(check: ManualCheck) -> str:
    return f"{check.ask} For a {role_noun(check.role, 1)} to find out."


def override_sentence(rule: OverrideRule) -> str:
    people = people_word(rule.role, rule.people)
    longest = counted(rule.longest_days, "day")
    return f"{people[:1].upper()}{people[1:]} can let it fail, for {longest} at most."


def terms_of(policy: Policy) -> list[tuple[str, str]]:
    """What the policy says of time, of exceptions and of emergencies, as label and sentence."""
    return [*_times(policy), *_exceptions(policy)]


def _times(policy: Policy) -> Iterator[tuple[str, str]]:
    if policy.deadline_days:
        days = counted(policy.deadline_days, "day")
        yield "Deadline", f"A request is decided within {days} after it was opened."
    if policy.escalation:
        days = counted(policy.escalation.after_days, "day")
        role = role_noun(policy.escalation.role, 1)
        yield "Escalation", f"What still waits after {days} is shown to the {role}."
    if policy.usable_days:
        days = counted(policy.usable_days, "day")
        yield "Signatures", f"One counts for {days}; after that somebody else has to sign."
    if policy.stands_days:
        days = counted(policy.stands_days, "day")
        yield "Approval", f"It stands for {days}; after that the version is no longer approved."


def _exceptions(policy: Policy) -> Iterator[tuple[str, str]]:
    labels = {gate.id: gate.label for gate in policy.gates}
    labels |= {check.id: check.label for check in policy.manual_checks}
    for rule in policy.overrides:
        names = [label for check, label in labels.items() if rule.covers(check)]
        yield "Override", f"{_or(names)}: {override_sentence(rule)}"
    if policy.emergency:
        people = people_word(policy.emergency.role, policy.emergency.people)
        days = counted(policy.emergency.stands_days, "day")
        yield (
            "Emergency",
            f"{people[:1].upper()}{people[1:]} can let a version go live at once. It is reviewed "
            f"and confirmed within {days}, or its approval lapses.",
        )


def separation_sentence(policy: Policy) -> str:
    allowed = policy.validator_may_approve
    return EXEMPT_NOBODY.format(
        validator="may also approve it" if allowed else "does not approve it"
    )
