"""A pack from the model's page to the reader's disk, in a real browser, with and without script."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from governance.evidence import verify_pack
from governance.evidence.models import Pack
from governance.jobs.running import run_job
from tests.browser.test_look import (  # noqa: F401  fixtures
    Open,
    opened,
    portal,
    sign_in,
    violations,
)
from tests.factories import Cast


def ask_for_pack(page: Page, cast: Cast) -> None:
    sign_in(page, cast.auditor)
    page.goto("/models/churn-model/")
    page.get_by_role("link", name="Build evidence pack").click()
    expect(page.get_by_role("heading", name="Before you build")).to_be_visible()
    page.get_by_role("button", name="Build evidence pack").click()
    expect(page.get_by_role("heading", name="Waiting for a worker")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_pack_is_built_while_the_page_watches(
    portal: tuple[str, Cast],  # noqa: F811
    opened: Open,  # noqa: F811
    tmp_path: Path,
    script: bool,
) -> None:
    base, cast = portal
    page = opened(base, java_script_enabled=script)
    ask_for_pack(page, cast)
    assert run_job(worker="here")
    expect(page.get_by_role("heading", name="Evidence pack is ready")).to_be_visible(timeout=15_000)
    pack = Pack.objects.get()
    expect(page.locator("body")).to_contain_text(pack.file_digest)
    with page.expect_download() as begun:
        page.get_by_role("link", name="Download PDF").click()
    saved = tmp_path / begun.value.suggested_filename
    begun.value.save_as(saved)
    command = [sys.executable, verify_pack.__file__, str(saved), "--sha256", pack.file_digest]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_evidence_are_accessible_and_silent(
    portal: tuple[str, Cast],  # noqa: F811
    opened: Open,  # noqa: F811
    scheme: str,
) -> None:
    base, cast = portal
    page = opened(base, color_scheme=scheme, reduced_motion="reduce")
    ask_for_pack(page, cast)
    assert violations(page) == []
    run_job(worker="here")
    expect(page.get_by_role("heading", name="Evidence pack is ready")).to_be_visible(timeout=15_000)
    assert violations(page) == []
    page.goto("/evidence/?model=churn-model")
    assert violations(page) == []
