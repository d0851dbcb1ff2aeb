"""Policies as data: reading a file strictly, and choosing the one that applies."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from django.db.models import TextChoices

from governance.accounts.rules import Role
from governance.approvals.rules.gates import Gate, gate_from
from governance.core.canonical import NotCanonical, canonical
from governance.core.errors import InvalidInput, Problem, Refused, WrongState, invalid
from governance.inventory.rules import Kind, Tier
from governance.registry.rules import Stage

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parent.parent / "data" / "policy.schema.json").read_text()
)
MAX_TEXT = 64 * 1024
CHECKS = (
    "metric",
    "challenger",
    "no_open_finding",
    *SCHEMA["$defs"]["plain"]["properties"]["check"]["enum"],
)


class PolicyState(TextChoices):
    PROPOSED = "PROPOSED", "Proposed"
    IN_FORCE = "IN_FORCE", "In force"
    SUPERSEDED = "SUPERSEDED", "Superseded"
    REJECTED = "REJECTED", "Rejected"


class NoPolicy(Refused):
    """No policy in force allows this move."""

    code = "no_policy"


class PolicyDecided(WrongState):
    code = "policy_decided"


@dataclass(frozen=True, kw_only=True)
class Need:
    """Sign-offs that a policy asks for: so many people who hold the role, and what each states."""

    role: Role
    count: int
    meaning: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a policy applies to. An empty condition means any."""

    target: Stage
    sources: frozenset[Stage] = frozenset()
    tiers: frozenset[Tier] = frozenset()
    kinds: frozenset[Kind] = frozenset()

    @property
    def specificity(self) -> int:
        """How many conditions narrow it; one that lists everything there is narrows nothing."""
        conditions = ((self.sources, Stage), (self.tiers, Tier), (self.kinds, Kind))
        return sum(1 for given, known in conditions if given and len(given) < len(known))

    def reaches(self, *, tier: int, kind: str, source: str, target: str) -> bool:
        return (
            target == self.target
            and (not self.sources or source in self.sources)
            and (not self.tiers or tier in self.tiers)
            and (not self.kinds or kind in self.kinds)
        )

    def overlaps(self, other: Scope) -> bool:
        """Tell whether some move would fall under both, with neither more specific."""
        if self.target != other.target or self.specificity != other.specificity:
            return False
        pairs = (
            (self.sources, other.sources),
            (self.tiers, other.tiers),
            (self.kinds, other.kinds),
        )
        return all(not mine or not theirs or mine & theirs for mine, theirs in pairs)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of one policy, as read from its file.

    `is_open` marks those of the shipped set that asks for nothing; no file can say it of itself.
    """

    key: str
    title: str
    scope: Scope
    gates: tuple[Gate, ...] = ()
    needs: tuple[Need, ...] = ()
    validator_may_approve: bool = False
    is_open: bool = False
    ref: str = ""
    number: int = 0
    digest: str = ""
    content: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def metrics(self) -> set[str]:
        """The metrics that its gates judge."""
        return {metric for gate in self.gates for metric in gate.metrics}


class _StrictLoader(yaml.SafeLoader):
    """Keeps decimals as they are written, and refuses duplicate keys and aliases."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("anchors and aliases are not allowed in a policy")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                line = node.start_mark.line + 1
                raise yaml.YAMLError(f"line {line}: the key {key!r} stands twice")
        return super().construct_mapping(node, deep=deep)


def _as_written(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_StrictLoader.add_constructor("tag:yaml.org,2002:float", _as_written)
_StrictLoader.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def read_policy(text: str) -> Policy:
    """Return the policy that the YAML text states. Raises InvalidInput naming each wrong place."""
    policy = policy_from(read_content(text))
    _check(policy)
    return policy


def read_content(text: str) -> dict[str, Any]:
    """Return what the YAML text states, if it fits the schema. Raises InvalidInput."""
    if len(text) > MAX_TEXT:
        raise invalid("text", "length", "A policy file has at most 64 KiB.")
    try:
        content = yaml.load(text, Loader=_StrictLoader)  # noqa: S506  a SafeLoader, made stricter
    except RecursionError:
        raise invalid("text", "depth", "No policy is nested as deeply as this.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise invalid("text", "yaml", f"This is not readable YAML: {error}") from None
    validator = jsonschema.Draft202012Validator(SCHEMA)
    if problems := [p for error in validator.iter_errors(content) for p in _problems(error)]:
        raise InvalidInput(*problems)
    try:
        canonical(content)
    except NotCanonical as error:
        raise invalid("text", "characters", f"A policy cannot say this: {error}.") from None
    stated: dict[str, Any] = content
    return stated


def _check(policy: Policy) -> None:
    """Refuse a policy that asks nobody on the way to Production, whoever would sign it.

    A role stands once, with a count: signers choose their seat by it. What was approved was so
    for Production, so no other policy says whose artifacts are given out.
    """
    roles = [need.role for need in policy.needs]
    if len(set(roles)) < len(roles):
        raise invalid("sign_offs", "once", "A role stands twice. Give it once, with a count.")
    if policy.content.get("downloads") and policy.scope.target != Stage.PRODUCTION:
        raise invalid("downloads", "target", "Only a policy of Production speaks of downloads.")
    if policy.scope.target == Stage.PRODUCTION and not policy.needs:
        raise invalid(
            "sign_offs",
            "required",
            "Nothing reaches Production unsigned: ask for at least one sign-off.",
        )


def _problems(error: jsonschema.ValidationError) -> Iterator[Problem]:
    """Say what is wrong where it is wrong: of alternatives, what the one that is meant lacks."""
    if error.validator != "oneOf" or not error.context:
        yield _problem(error, error.message)
        return
    branches: dict[Any, list[jsonschema.ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [found for found in branches.values() if not any(map(_is_other_check, found))]
    if len(meant) == 1 and len(branches) > 1:
        for inner in meant[0]:
            yield from _problems(inner)
    elif meant:
        yield _problem(error, f"{error.instance!r} does not fit.")
    else:
        yield _problem(error, f"there is no such check. The checks are {', '.join(CHECKS)}.")


def _is_other_check(error: jsonschema.ValidationError) -> bool:
    """Tell whether an alternative fails because the entry is about another check, or about none."""
    unnamed = isinstance(error.instance, dict) and "check" not in error.instance
    return list(error.path)[-1:] == ["check"] or (error.validator == "required" and unnamed)


def _problem(error: jsonschema.ValidationError, message: str) -> Problem:
    place = ".".join(str(part) for part in error.absolute_path) or "text"
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    said = f"{place}: {message.removesuffix('.')}." + (f" {hint}" if hint else "")
    return Problem(field=place, rule=str(error.validator), message=said)


def policy_from(
    content: dict[str, Any], *, ref: str = "", number: int = 0, digest: str = ""
) -> Policy:
    """Return the policy of content that the schema has passed."""
    applies = content["applies_to"]
    return Policy(
        key=content["policy"],
        title=content["title"],
        scope=Scope(
            target=Stage(applies["target"]),
            sources=frozenset(map(Stage, applies.get("from", ()))),
            tiers=frozenset(map(Tier, applies.get("tiers", ()))),
            kinds=frozenset(map(Kind, applies.get("kinds", ()))),
        ),
        gates=tuple(gate_from(entry) for entry in content.get("gates", ())),
        needs=tuple(
            Need(role=Role(entry["role"]), count=entry.get("count", 1), meaning=entry["meaning"])
            for entry in content.get("sign_offs", ())
        ),
        validator_may_approve=content.get("validator_may_approve", False),
        ref=ref,
        number=number,
        digest=digest,
        content=content,
    )


def check_unambiguous(policy: Policy, others: Iterable[Policy]) -> None:
    """Raise InvalidInput if some move would fall under this policy and another alike."""
    for other in others:
        if other.key != policy.key and policy.scope.overlaps(other.scope):
            raise invalid(
                "applies_to",
                "ambiguous",
                f"The policy {other.key} applies to some of the same moves and is as specific. "
                "Narrow applies_to in one of them.",
            )


def policy_for(
    policies: Sequence[Policy], *, tier: int, kind: str, source: Stage, target: Stage
) -> Policy:
    """Return the most specific policy that reaches the move, or raise NoPolicy."""
    reaching = [
        policy
        for policy in policies
        if policy.scope.reaches(tier=tier, kind=kind, source=source, target=target)
    ]
    if not reaching:
        ways = sorted(
            {
                str(stage.label)
                for policy, stage in product(policies, Stage)
                if policy.scope.reaches(tier=tier, kind=kind, source=source, target=stage)
            }
            - {str(source.label)}
        )
        onward = f" From there it may go to {' or '.join(ways)}." if ways else ""
        raise NoPolicy(
            f"No policy in force lets a Tier {tier} version go from {source.label} to "
            f"{target.label}.{onward}",
            tier=tier,
            source=source.value,
            target=target.value,
        )
    return max(reaching, key=lambda policy: policy.scope.specificity)
