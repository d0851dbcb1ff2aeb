"""Work out what a questionnaire makes of a file of answers, keeping nothing."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

from governance.core.commands import DomainCommand, text_of
from governance.core.errors import invalid
from governance.inventory.rules.questionnaires import (
    MAX_ANSWERS,
    MAX_TEXT,
    SHIPPED,
    Missing,
    Obligation,
    Questionnaire,
    ScorecardResult,
    Submission,
    Tree,
    TreeResult,
    classify,
    facts_of_scorecard,
    facts_of_tree,
    read_questionnaire,
    read_submission,
    score,
    shipped,
)

ENDINGS = {".yaml", ".yml"}
MISSING = {"no": Missing.ASSUME_NO, "open": Missing.OPEN}


class Command(DomainCommand):
    help = (
        "Work out the result of a questionnaire for the answers of a file. Nothing is saved, and "
        "no database is touched. Exit code 0: an answer was worked out; 1: refused, naming the "
        "field and the rule."
    )

    # There need be no database, nor anything else that the portal needs.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "spec",
            metavar="SPEC",
            help=f"{' or '.join(SHIPPED)}, or the path of a questionnaire's .yaml file",
        )
        parser.add_argument(
            "--answers",
            type=Path,
            required=True,
            metavar="FILE",
            help='JSON: {"answers": {}, "facts": {}, "override": {}}; the last two if wanted',
        )
        parser.add_argument(
            "--missing",
            choices=sorted(MISSING),
            help="how a tree reads a question without an answer: as a no, or as open, which leaves "
            "the result incomplete; as its worked cases unless given; null is open either way",
        )
        parser.add_argument("--json", action="store_true", help="print everything as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        questionnaire = questionnaire_at(options["spec"])
        given = read_submission(text_of(options["answers"], longest=MAX_ANSWERS))
        if isinstance(questionnaire, Tree):
            tree_result = classified(questionnaire, given, options["missing"])
            facts, lines = facts_of_tree(tree_result), tree_report(tree_result)
        else:
            result = score(questionnaire, given.answers, facts=given.facts, override=given.override)
            facts, lines = facts_of_scorecard(result), scorecard_report(result)
        if options["json"]:
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
        else:
            self.stdout.write("\n".join(lines))


def questionnaire_at(spec: str) -> Questionnaire:
    """Return a shipped questionnaire by its name, or one by the path of its file."""
    if Path(spec).suffix in ENDINGS:
        return read_questionnaire(text_of(Path(spec), longest=MAX_TEXT))
    return shipped(spec)


def classified(tree: Tree, given: Submission, missing: str | None) -> TreeResult:
    for key, value in (("facts", given.facts), ("override", given.override)):
        if value:
            raise invalid(key, "kind", f"A tree has no {key}: leave the key out.")
    how = MISSING[missing] if missing else tree.worked_cases
    return classify(tree, given.answers, missing=how)


def tree_report(found: TreeResult) -> Iterator[str]:
    """The result of a tree, line by line."""
    outcome = found.outcome
    yield f"{found.tree.title} {found.tree.version}"
    yield f"  {outcome.id}: {outcome.label}"
    if outcome.citation:
        yield f"  {outcome.citation}"
    if outcome.applies_from:
        yield f"  applies from {outcome.applies_from}"
    for key, value in found.fields.items():
        words = ", ".join(value) if isinstance(value, tuple) else value
        yield f"  {key}: {words or 'none'}"
    if found.obligations:
        yield "  obligations:"
    yield from map(_obligation, found.obligations)
    yield from _named("open", found.open)
    yield from _named("read as no, for want of an answer", found.assumed_no)


def scorecard_report(found: ScorecardResult) -> Iterator[str]:
    """The result of a scorecard, line by line."""
    card = found.scorecard
    yield f"{card.title} {card.version}"
    if found.scope:
        yield f"  {found.scope.result} ({found.scope.id}): {found.scope.note}"
    if found.raw is not None:
        score_shown = f", score {found.score}" if found.score else ""
        yield f"  raw {found.raw} of {card.max_raw}{score_shown}"
        yield f"  {_tier(found, found.computed_tier)} by the score"
    yield from (
        f"  floor {one.id}, Tier {one.tier}{', hard' if one.hard else ''}: {one.reason}"
        for one in found.floors
    )
    yield from (f"  blocked by {one.id}: {one.reason}" for one in found.blocks)
    if found.override:
        yield f"  override {found.override.word}"
        yield from (f"    {one.message} [{one.rule}]" for one in found.override.reasons)
    yield f"  {_tier(found, found.final_tier)}"
    yield from _named("unanswered", found.unanswered)


def _tier(found: ScorecardResult, tier: int | None) -> str:
    return "no tier" if tier is None else f"Tier {tier}, {found.scorecard.name_of(tier)}"


def _obligation(one: Obligation) -> str:
    """`from 2026-08-02: what (Art. 50), if placed before 2026-08-02`."""
    duty = one.duty
    before = f", if placed before {duty.placed_before}" if duty.placed_before else ""
    since = f", if placed from {duty.placed_from}" if duty.placed_from else ""
    return f"    from {duty.from_date}: {duty.what} ({duty.citation}){before}{since}"


def _named(title: str, questions: Sequence[str]) -> Iterator[str]:
    """Questions by the dozen, as lines of a readable length."""
    if questions:
        yield f"  {title}:"
        yield from wrap(", ".join(questions), initial_indent="    ", subsequent_indent="    ")
