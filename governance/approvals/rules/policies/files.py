"""Reading a policy's file: strictly, and naming each place that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema

from governance.approvals.rules.policies.policy import Policy, policy_from
from governance.core.canonical import NotCanonical, canonical
from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.strict_yaml import strict_content
from governance.registry.rules import Stage

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "data" / "policy.schema.json").read_text()
)
MAX_TEXT = 64 * 1024


def _names_of(entry: dict[str, Any]) -> list[str]:
    check = SCHEMA["$defs"][entry["$ref"].rpartition("/")[2]]["properties"]["check"]
    return list(check.get("enum", [check.get("const")]))


CHECKS = tuple(
    name for entry in SCHEMA["properties"]["gates"]["items"]["oneOf"] for name in _names_of(entry)
)
"""Every check that a policy can name."""


def read_policy(text: str) -> Policy:
    """Return the policy that the YAML text states. Raises InvalidInput naming each wrong place."""
    policy = policy_from(read_content(text))
    _check(policy)
    return policy


def read_content(text: str) -> dict[str, Any]:
    """Return what the YAML text states, if it fits the schema. Raises InvalidInput."""
    content = strict_content(text, noun="policy", longest=MAX_TEXT)
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
    """Refuse what no schema can: a policy that asks nobody on the way to Production, and the like.

    A role stands once: signers choose their seat by it. What was approved was so for Production,
    so no other policy says whose artifacts are given out, how long it stands, or how to hurry.
    """
    if problems := [*_sign_off_problems(policy), *_check_problems(policy)]:
        raise InvalidInput(*problems)
    if policy.scope.target == Stage.PRODUCTION:
        return
    for name in ("downloads", "emergency"):
        if policy.content.get(name):
            raise invalid(name, "target", f"Only a policy of Production speaks of {name}.")
    if policy.stands_days:
        said = "What goes elsewhere than to Production needs no end."
        raise invalid("approval.stands_days", "target", said)


def _sign_off_problems(policy: Policy) -> Iterator[Problem]:
    roles = [role for need in policy.needs for role in need.roles]
    if len(set(roles)) < len(roles):
        said = "A role stands twice. Give it once, with a count."
        yield Problem(field="sign_offs", rule="once", message=said)
    for index, need in enumerate(policy.needs):
        if need.is_quorum and need.count > len(need.roles):
            said = f"Of {len(need.roles)} roles no {need.count} can sign: each signs once."
            yield Problem(field=f"sign_offs.{index}.count", rule="quorum", message=said)
    if policy.scope.target == Stage.PRODUCTION and not policy.needs:
        said = "Nothing reaches Production unsigned: ask for at least one sign-off."
        yield Problem(field="sign_offs", rule="required", message=said)
    if policy.escalation and not policy.needs:
        said = "Where nobody signs, nothing waits."
        yield Problem(field="escalation", rule="sign_offs", message=said)


def _check_problems(policy: Policy) -> Iterator[Problem]:
    """A check is known by its id: an override and a tick name it so."""
    named = {
        "gates": [gate.id for gate in policy.gates],
        "manual_checks": [check.id for check in policy.manual_checks],
    }
    for field, ids in named.items():
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            said = f"The check {twice[0]} stands twice."
            yield Problem(field=field, rule="once", message=said)
    known = [one for ids in named.values() for one in ids]
    for index, rule in enumerate(policy.overrides):
        if not any(rule.covers(check_id) for check_id in known):
            said = f"The policy has no such check: {', '.join(rule.checks)}."
            yield Problem(field=f"overrides.{index}.checks", rule="known", message=said)


def _problems(error: jsonschema.ValidationError) -> Iterator[Problem]:
    """Say what is wrong where it is wrong: of checks, what the one that is meant lacks."""
    if error.validator != "oneOf" or not error.context:
        yield _problem(error, error.message)
        return
    if not _is_entry_of_gates(error):
        yield _problem(error, f"{error.instance!r} does not fit.")
        return
    branches: dict[Any, list[jsonschema.ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    meant = [found for found in branches.values() if not any(map(_is_other_check, found))]
    if len(meant) == 1:
        for inner in meant[0]:
            yield from _problems(inner)
    elif meant:
        yield _problem(error, f"{error.instance!r} does not fit.")
    else:
        yield _problem(error, f"there is no such check. The checks are {', '.join(CHECKS)}.")


def _is_entry_of_gates(error: jsonschema.ValidationError) -> bool:
    place = list(error.absolute_path)
    return len(place) == 2 and place[0] == "gates" and list(error.schema_path)[-2:-1] == ["items"]


def _is_other_check(error: jsonschema.ValidationError) -> bool:
    """Tell whether an alternative fails because the entry is about another check, or about none."""
    unnamed = isinstance(error.instance, dict) and "check" not in error.instance
    return list(error.path)[-1:] == ["check"] or (error.validator == "required" and unnamed)


def _problem(error: jsonschema.ValidationError, message: str) -> Problem:
    place = ".".join(str(part) for part in error.absolute_path) or "text"
    hint = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    said = f"{place}: {message.removesuffix('.')}." + (f" {hint}" if hint else "")
    return Problem(field=place, rule=str(error.validator), message=said)
