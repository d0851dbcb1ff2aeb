"""The worked cases of a set: one that comes out otherwise than it says is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from governance.core.errors import Problem
from governance.core.places import problem
from governance.evidence.rules.requirements.bearing import bearing
from governance.evidence.rules.requirements.requirements import RequirementSet
from governance.inventory.rules.frameworks import Facts
from governance.inventory.rules.frameworks.cases import stated_facts


def case_problems(content: Mapping[str, Any], found: RequirementSet) -> Iterator[Problem]:
    """Say where a worked case comes out otherwise than the file says."""
    for index, case in enumerate(content.get("cases", ())):
        requirement = found.named(case["requirement"])
        if requirement is None:
            said = f"This set has no requirement {case['requirement']}."
            yield problem(("cases", index, "requirement"), "known", said)
            continue
        result = bearing(requirement, Facts(known=stated_facts(case["facts"])))
        given = {"answer": result.status.value, "unknown": list(result.unknown)}
        for key, stated in case["expect"].items():
            if given[key] != stated:
                said = f"The case {case['id']} gives {key} {given[key]!r}; it expects {stated!r}."
                yield problem(("cases", index, "expect", key), "case", said)
