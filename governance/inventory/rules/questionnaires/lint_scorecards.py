"""What no schema can say of a scorecard: names that exist, sums that hold, tiers without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from governance.core.errors import Problem
from governance.core.places import problem
from governance.inventory.rules.questionnaires.lint import Place, twice, unknown
from governance.inventory.rules.questionnaires.scorecards import approvers_of, fact_from

Content = Mapping[str, Any]


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a scorecard that fits the schema."""
    yield from _names(content)
    yield from _scope(content)
    yield from _facts(content)
    yield from _groups(content)
    yield from _sums(content)
    yield from _display(content["scoring"])
    yield from _thresholds(content)
    yield from _rules(content)
    yield from _override(content)
    yield from _controls(content)


def _gate(content: Content) -> Content:
    gate: Content = content.get("scope_gate", {"questions": [], "rules": []})
    return gate


def _listed(content: Content) -> Iterator[tuple[Place, Content]]:
    """The floors and the blocks, each with its place."""
    for index, rule in enumerate(content.get("floor_rules", {}).get("rules", ())):
        yield ("floor_rules", "rules", index), rule
    for index, rule in enumerate(content.get("blocks", ())):
        yield ("blocks", index), rule


def _names(content: Content) -> Iterator[Problem]:
    """Answers, facts and rules are told apart by their names alone."""
    asked: dict[Place, Any] = {
        ("scope_gate", "questions"): _gate(content)["questions"],
        ("questions",): content["questions"],
        ("facts",): content.get("facts", ()),
    }
    yield from twice(
        ((*place, index, "id"), one["id"])
        for place, entries in asked.items()
        for index, one in enumerate(entries)
    )
    gate = enumerate(_gate(content)["rules"])
    rules = [(("scope_gate", "rules", index), one) for index, one in gate]
    yield from twice(((*place, "id"), one["id"]) for place, one in [*rules, *_listed(content)])
    cases = enumerate(content["test_cases"])
    yield from twice((("test_cases", index, "id"), one["id"]) for index, one in cases)
    for index, question in enumerate(content["questions"]):
        options = enumerate(question["options"])
        place: Place = ("questions", index, "options")
        yield from twice(((*place, number, "value"), one["value"]) for number, one in options)


def _scope(content: Content) -> Iterator[Problem]:
    """The gate answers whatever is answered: its last rule, and no other, has no conditions."""
    known = [question["id"] for question in _gate(content)["questions"]]
    rules = _gate(content)["rules"]
    for index, rule in enumerate(rules):
        place: Place = ("scope_gate", "rules", index, "when")
        for key in rule["when"]:
            yield from unknown((*place, key), key, known, noun="question of the gate")
        is_last = index == len(rules) - 1
        if is_last and rule["when"]:
            said = "The last rule holds always: write {}, so that every answer has a result."
            yield problem(place, "total", said)
        if not is_last and not rule["when"]:
            yield problem(place, "reachable", "It holds always, so the rules below never apply.")
    if rules and not any(rule["continue_scoring"] for rule in rules):
        said = "No rule lets anything be scored. Set continue_scoring in one of them."
        yield problem(("scope_gate", "rules"), "continues", said)


def _facts(content: Content) -> Iterator[Problem]:
    for index, entry in enumerate(content.get("facts", ())):
        fact, place = fact_from(entry), ("facts", index)
        if (fact.type == "enum") != bool(fact.values):
            said = "An enum, and nothing else, has values."
            yield problem((*place, "values"), "enum", said)
            continue
        limits = [key for key in ("minimum", "maximum") if key in entry]
        if fact.type != "integer" and limits:
            yield problem((*place, limits[0]), "integer", "Only an integer has limits.")
        if wrong := fact.wrong(fact.default):
            yield problem((*place, "default"), "type", f"A value of {fact.id} {wrong}.")
        if fact.known_as and fact.taken_from:
            said = "Say where it comes from once: known_as, or taken_from."
            yield problem((*place, "known_as"), "once", said)
        for name in ("outcomes", "classes"):
            for key, value in entry.get("taken_from", {}).get(name, {}).items():
                if wrong := fact.wrong(value):
                    said = f"A value of {fact.id} {wrong}."
                    yield problem((*place, "taken_from", name, key), "type", said)


def _groups(content: Content) -> Iterator[Problem]:
    """A group that is misspelt would be missing from its sub-score without a word."""
    sub_scores = content["scoring"].get("sub_scores", {})
    groups = list(dict.fromkeys(question["group"] for question in content["questions"]))
    listed = [group for one in sub_scores.values() for group in one["groups"]]
    for name, one in sub_scores.items():
        for index, group in enumerate(one["groups"]):
            place = ("scoring", "sub_scores", name, "groups", index)
            yield from unknown(place, group, groups, noun="group of questions")
    if not sub_scores:
        return
    for index, question in enumerate(content["questions"]):
        at = ("questions", index, "group")
        yield from unknown(at, question["group"], dict.fromkeys(listed), noun="sub-score of")


def _sums(content: Content) -> Iterator[Problem]:
    """What the file says of its sums is what its weights and points come to."""
    scoring, questions = content["scoring"], content["questions"]
    most = [
        (one["group"], one["weight"] * max(option["points"] for option in one["options"]))
        for one in questions
    ]
    stated: list[tuple[Place, int, int]] = [
        (("scoring", "max_raw"), scoring["max_raw"], sum(points for _, points in most))
    ]
    if "sum_of_weights" in scoring:
        weights = sum(question["weight"] for question in questions)
        stated.append((("scoring", "sum_of_weights"), scoring["sum_of_weights"], weights))
    for name, one in scoring.get("sub_scores", {}).items():
        total = sum(points for group, points in most if group in one["groups"])
        stated.append((("scoring", "sub_scores", name, "max_raw"), one["max_raw"], total))
    for place, said, found in stated:
        if said != found:
            yield problem(place, "sum", f"The questions come to {found}, not to {said}.")


def _display(scoring: Content) -> Iterator[Problem]:
    display = scoring.get("display_score")
    if display is None:
        return
    place: Place = ("scoring", "display_score")
    if display["maximum"] * display["divide_by"] != scoring["max_raw"]:
        said = f"{scoring['max_raw']} / {display['divide_by']} is not {display['maximum']}."
        yield problem((*place, "maximum"), "sum", said)
    if "decimals" not in display and not _is_exact(display["divide_by"]):
        said = "No decimal is exact of this. Divide by twos and fives, or say to how many decimals."
        yield problem((*place, "divide_by"), "exact", said)


def _is_exact(divisor: int) -> bool:
    """Tell whether every quotient ends, which it does for divisors of twos and fives alone."""
    for prime in (2, 5):
        while divisor % prime == 0:
            divisor //= prime
    return divisor == 1


def _thresholds(content: Content) -> Iterator[Problem]:
    """Each raw score has a tier, and a number of steps is a number of tiers."""
    tiers = content["thresholds"]["tiers"]
    place: Place = ("thresholds", "tiers")
    for index, (above, below) in enumerate(pairwise(tiers), start=1):
        if below["tier"] != above["tier"] + 1:
            said = f"After Tier {above['tier']} comes Tier {above['tier'] + 1}: strictest first."
            yield problem((*place, index, "tier"), "order", said)
        if below["min_raw"] >= above["min_raw"]:
            said = f"It is less than the {above['min_raw']} of the tier above."
            yield problem((*place, index, "min_raw"), "order", said)
    if tiers[0]["tier"] != 1:
        yield problem((*place, 0, "tier"), "order", "The strictest is Tier 1, and stands first.")
    if tiers[0]["min_raw"] > content["scoring"]["max_raw"]:
        said = f"No answers reach it: the highest raw score is {content['scoring']['max_raw']}."
        yield problem((*place, 0, "min_raw"), "reachable", said)
    if tiers[-1]["min_raw"] != 0:
        said = "The loosest tier begins at 0, so that every raw score has a tier."
        yield problem((*place, len(tiers) - 1, "min_raw"), "total", said)


def _rules(content: Content) -> Iterator[Problem]:
    """Floors and blocks speak of questions, options, facts and tiers that exist."""
    tiers = [one["tier"] for one in content["thresholds"]["tiers"]]
    for place, rule in _listed(content):
        yield from _answers_named(content, (*place, "when", "answers"), rule)
        yield from _facts_named(content, (*place, "when", "facts"), rule)
        if "floor" in rule and rule["floor"] not in tiers:
            said = f"There is no Tier {rule['floor']}."
            yield problem((*place, "floor"), "known", said)


def _answers_named(content: Content, place: Place, rule: Content) -> Iterator[Problem]:
    options: dict[str, list[Any]] = {
        one["id"]: [option["value"] for option in one["options"]] for one in content["questions"]
    }
    options |= {one["id"]: [True, False] for one in _gate(content)["questions"]}
    for key, values in rule["when"].get("answers", {}).items():
        yield from unknown((*place, key), key, options, noun="question")
        for index, value in enumerate(values):
            # 1 equals True.
            if key in options and (type(value), value) not in [(type(o), o) for o in options[key]]:
                there = ", ".join(map(str, options[key]))
                said = f"{key} has no option {value!r}. Its options are {there}."
                yield problem((*place, key, index), "option", said)


def _facts_named(content: Content, place: Place, rule: Content) -> Iterator[Problem]:
    facts = {entry["id"]: fact_from(entry) for entry in content.get("facts", ())}
    for key, values in rule["when"].get("facts", {}).items():
        yield from unknown((*place, key), key, facts, noun="fact")
        for index, value in enumerate(values):
            if key in facts and (wrong := facts[key].wrong(value)):
                yield problem((*place, key, index), "value", f"A value of {key} {wrong}.")


def _override(content: Content) -> Iterator[Problem]:
    for name in ("upward", "downward"):
        direction = content.get("manual_override", {}).get(name, {})
        place: Place = ("manual_override", name)
        if "approver" in direction and "approvers" in direction:
            said = "Name one approver, or several approvers, not both."
            yield problem((*place, "approver"), "once", said)
        elif direction.get("allowed") and not approvers_of(direction):
            said = "An override that is allowed names who approves it."
            yield problem((*place, "approvers"), "required", said)
        if name == "upward" and "not_past" in direction:
            said = "A stricter tier goes past no floor."
            yield problem((*place, "not_past"), "downward", said)


def _controls(content: Content) -> Iterator[Problem]:
    if "tier_controls" not in content:
        return
    tiers = [str(one["tier"]) for one in content["thresholds"]["tiers"]]
    listed = [str(one["tier"]) for one in content["tier_controls"]["tiers"]]
    place: Place = ("tier_controls", "tiers")
    yield from twice(((*place, index, "tier"), tier) for index, tier in enumerate(listed))
    for index, tier in enumerate(listed):
        yield from unknown((*place, index, "tier"), tier, tiers, noun="Tier")
    if missing := [tier for tier in tiers if tier not in listed]:
        yield problem(place, "total", f"It says nothing of Tier {', '.join(missing)}.")
