"""Writing a card in a real browser: text is kept while it is typed, and every page can be read."""

from __future__ import annotations

import pytest

from governance.cards.models import CardDraft
from tests import factories
from tests.browser.test_look import (  # noqa: F401  fixtures
    NARROW,
    WIDE,
    Open,
    opened,
    overflow,
    portal,
    sign_in,
    violations,
)

CARD = "/models/churn-model/versions/1/card/"


@pytest.mark.parametrize(("width", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_a_section_is_written(
    portal: tuple[str, factories.Cast],  # noqa: F811
    opened: Open,  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    base, cast = portal
    page = opened(base, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/sign-in/")
    sign_in(page, cast.developer)

    def looks_right(name: str) -> None:
        assert violations(page) == [], name
        assert overflow(page) <= 0, name

    for section in ("evaluation", "training_data", "latency_cost"):
        page.goto(f"{CARD}edit/?section={section}")
        looks_right(section)
    page.goto(f"{CARD}edit/?section=users")
    field = page.get_by_label("Who sees its output, and who is affected by it?")
    field.fill("")
    field.press_sequentially("Underwriters.")
    page.get_by_text("Kept for you at").wait_for()
    looks_right("kept")
    page.goto(f"{CARD}edit/?section=users")
    page.get_by_text("You typed this and did not save it.").wait_for()
    assert field.input_value() == "Underwriters."
    looks_right("typed before")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview, not saved").wait_for()
    looks_right("preview")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(f"**{CARD}edit/?section=users")
    page.goto(f"{CARD}compare/")
    looks_right("compare")
    assert CardDraft.objects.get(version__model__name="churn-model").sections["users"]
