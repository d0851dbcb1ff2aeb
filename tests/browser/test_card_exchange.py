"""Cards in and out in a real browser: a file is chosen, shown, taken; what is lost is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from governance.inventory.models import Model
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
from tests.rules.cards.documents import HUB_CARD

CARD = "/models/churn-model/versions/1/card/"


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_file_is_taken_and_a_card_is_exported(
    portal: tuple[str, factories.Cast],  # noqa: F811
    opened: Open,  # noqa: F811
    tmp_path: Path,
    scheme: str,
    width: int,
) -> None:
    base, cast = portal
    file = tmp_path / "README.md"
    file.write_text(HUB_CARD.replace("type: auc", "type: accuracy"))
    page = opened(base, width=width, color_scheme=scheme, reduced_motion="reduce")
    page.goto("/sign-in/")
    sign_in(page, cast.developer)
    assert Model.objects.filter(name="churn-model").exists()

    def looks_right(name: str) -> None:
        assert violations(page) == [], name
        assert overflow(page) <= 0, name

    page.goto(f"{CARD}import/")
    looks_right("import")
    page.get_by_label("The file").set_input_files(file)
    page.get_by_role("button", name="Show what it says").click()
    page.get_by_role("heading", level=1, name="What the file says").wait_for()
    looks_right("mapping")
    page.get_by_role("button", name="Take these into the draft").click()
    page.get_by_text("taken into the draft").wait_for()
    looks_right("card")
    page.goto(f"{CARD}export/?card=draft&format=markdown")
    looks_right("export")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Markdown").click()
    assert download.value.suggested_filename == "churn-model-v1-draft.md"
