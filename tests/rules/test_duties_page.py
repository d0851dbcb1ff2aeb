"""The table of who may sign that an auditor reads is what the rules and the database say."""

from __future__ import annotations

import io
from pathlib import Path

from django.core.management import call_command

from governance.approvals.management.commands.show_duties import HANDS
from governance.approvals.refusals import HANDS_REFUSED
from governance.audit.registration import REFUSALS

PAGE = Path(__file__).parents[2] / "docs" / "duties.md"


def test_the_duties_page_is_the_code() -> None:
    out = io.StringIO()
    call_command("show_duties", stdout=out)
    assert PAGE.read_text() == out.getvalue(), "run: manage.py show_duties > docs/duties.md"


def test_every_hand_that_the_database_sees_stands_in_the_table() -> None:
    assert {hand.refusal for hand in HANDS if hand.refusal} == HANDS_REFUSED
    assert {f"approvals_signoff_refuse_{name}" for name in HANDS_REFUSED} <= REFUSALS.keys()
