"""One question at a time, of either kind of questionnaire."""

from __future__ import annotations

from governance.inventory.rules.questionnaires.files import Questionnaire
from governance.inventory.rules.questionnaires.questions import Answers, Progress, Question
from governance.inventory.rules.questionnaires.scorecards import Scorecard
from governance.inventory.rules.questionnaires.scoring import (
    next_of_scorecard,
    progress_of_scorecard,
)
from governance.inventory.rules.questionnaires.walking import next_of_tree, progress_of_tree


def next_question(questionnaire: Questionnaire, answers: Answers) -> Question | None:
    """Return what to ask next: the first question in the file's order that needs an answer.

    A question with an explicit null comes again after all others. None when nothing is open.
    Raises InvalidInput for answers that cannot be.
    """
    if isinstance(questionnaire, Scorecard):
        return next_of_scorecard(questionnaire, answers)
    return next_of_tree(questionnaire, answers)


def progress(questionnaire: Questionnaire, answers: Answers) -> Progress:
    """Return how many of the questions that are reached so far are answered."""
    if isinstance(questionnaire, Scorecard):
        return progress_of_scorecard(questionnaire, answers)
    return progress_of_tree(questionnaire, answers)
