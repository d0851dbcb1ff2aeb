"""The page that an auditor reads is the table that the code obeys."""

from __future__ import annotations

import io
from pathlib import Path

from django.core.management import call_command

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def test_the_access_page_is_the_code() -> None:
    out = io.StringIO()
    call_command("show_access", stdout=out)
    assert PAGE.read_text() == out.getvalue(), "run: manage.py show_access > docs/access.md"
