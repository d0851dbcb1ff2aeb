"""Reading a questionnaire's file: its form, what no schema can say, and its own worked cases."""

from __future__ import annotations

from functools import cache
from typing import Any

from governance.core.errors import InvalidInput, Problem, invalid
from governance.core.strict_yaml import strict_content
from governance.inventory.rules.questionnaires import lint_scorecards, lint_trees
from governance.inventory.rules.questionnaires.cases import case_problems
from governance.inventory.rules.questionnaires.form import DATA, MOST_PROBLEMS, checked_form
from governance.inventory.rules.questionnaires.scorecards import Scorecard, scorecard_from
from governance.inventory.rules.questionnaires.trees import Tree, tree_from

Questionnaire = Scorecard | Tree
MAX_TEXT = 256 * 1024
FOLDER = DATA / "questionnaires"
SHIPPED = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
"""The names of the questionnaires that come with the portal."""


def read_questionnaire(text: str) -> Questionnaire:
    """Return what the YAML text states. Raises InvalidInput naming each wrong place."""
    return questionnaire_from(strict_content(text, noun="questionnaire", longest=MAX_TEXT))


def questionnaire_from(content: Any) -> Questionnaire:
    """Return the questionnaire that the content states.

    Refused is what does not fit the schema, what contradicts itself, and what gives another result
    for one of its own worked cases than it says. Raises InvalidInput.
    """
    stated = checked_form(content)
    if stated["spec"]["kind"] == "tree":
        _refuse(list(lint_trees.problems(stated)))
        questionnaire: Questionnaire = tree_from(stated)
    else:
        _refuse(list(lint_scorecards.problems(stated)))
        questionnaire = scorecard_from(stated)
    _refuse(list(case_problems(questionnaire)))
    return questionnaire


@cache
def shipped(name: str) -> Questionnaire:
    """Return a questionnaire that comes with the portal. Raises InvalidInput for another name."""
    if name not in SHIPPED:
        said = f"There is no questionnaire {name}. There are {', '.join(SHIPPED)}."
        raise invalid("questionnaire", "known", said)
    return read_questionnaire((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput(*problems[:MOST_PROBLEMS])
