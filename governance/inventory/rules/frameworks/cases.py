"""The worked cases of a file: one that comes out otherwise than it says is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from governance.core.errors import Problem
from governance.core.places import problem
from governance.inventory.rules.frameworks.catalogue import Catalogue
from governance.inventory.rules.frameworks.facts import ADOPTED, Facts, Known
from governance.inventory.rules.frameworks.frameworks import Framework
from governance.inventory.rules.frameworks.scoping import Applicability, scope_of


def case_problems(content: Mapping[str, Any], framework: Framework) -> Iterator[Problem]:
    """Say where a worked case comes out otherwise than the file says."""
    for index, case in enumerate(content["cases"]):
        found = _found(_worked_out(case, framework))
        for key, stated in case["expect"].items():
            if found[key] != stated:
                said = f"The case {case['id']} gives {key} {found[key]!r}; it expects {stated!r}."
                yield problem(("cases", index, "expect", key), "case", said)


def _worked_out(case: Mapping[str, Any], framework: Framework) -> Applicability:
    """Work a case out: on its day, or on the first day of the last version."""
    given = dict(case["facts"])
    adopted = {}
    if given.pop(ADOPTED, "no") == "yes":
        since = case.get("adopted_from")
        adopted = {framework.id: date.fromisoformat(since) if since else None}
    on = date.fromisoformat(case["day"]) if "day" in case else framework.versions[-1].from_date
    alone = Catalogue(frameworks=(framework,), digest="")
    return scope_of(Facts(known=stated_facts(given), adopted=adopted), on=on, catalogue=alone)[0]


def stated_facts(given: Mapping[str, Any]) -> Known:
    """Return the facts that a worked case states: of each one value, or a list of them."""
    return {k: tuple(v) if isinstance(v, list) else (v,) for k, v in given.items()}


def _found(result: Applicability) -> dict[str, Any]:
    answer = result.answer
    return {
        "answer": answer.status.value,
        "version": answer.version,
        "rule": answer.rule,
        "from": answer.from_date.isoformat() if answer.from_date else None,
        "timing": result.timing.value,
        "parts": [part.from_date.isoformat() for part in answer.parts],
        "unknown": list(answer.unknown),
    }
