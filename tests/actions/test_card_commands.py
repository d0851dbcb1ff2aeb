"""`import_card` and `export_card`: what the shell says, and with which exit code."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from governance.cards.actions import save_draft
from governance.cards.formats import FORMATS
from governance.cards.queries import draft_of
from governance.registry.models import ModelVersion
from tests import factories
from tests.factories import NOON, Cast, make_card
from tests.rules.cards.documents import HUB_CARD
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return factories.make_version(cast, factories.make_model(cast), metrics={"auc": "0.857"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "README.md"
    path.write_text(HUB_CARD)
    return path


def run(name: str, *args: str | Path, **options: Any) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command(name, "churn-model", "1", *map(str, args), stdout=out, stderr=err, **options)
    return out.getvalue(), err.getvalue()


def test_a_file_is_taken_in_the_name_of_a_person(
    version: ModelVersion, cast: Cast, file: Path
) -> None:
    out, _ = run("import_card", file, email=cast.developer.email)
    assert out.startswith("huggingface: taken: ")
    assert out.endswith("Save 1 of the draft.\n")
    assert draft_of(version).card.licenses
    with nothing_moves():
        out, _ = run("import_card", file, email=cast.developer.email)
    assert "the draft said all of it before" in out


def test_a_dry_run_says_each_part_and_saves_nothing(
    version: ModelVersion, cast: Cast, tmp_path: Path
) -> None:
    path = tmp_path / "card.json"
    metrics = [{"type": "auc", "value": {"value": "0.9"}}]
    sections = {"task": "From the file.", "caveats": "New."}
    body = {"format": "countersign.card/2", "sections": sections, "metrics": metrics, "more": 1}
    path.write_text(json.dumps(body))
    with nothing_moves():
        out, err = run("import_card", path, email=cast.developer.email, dry_run=True)
    assert out.splitlines() == [
        "task: replaces what the draft says",
        "caveats: new",
        "metrics: the draft says the same",
        "Nothing was saved: a dry run. The draft is at save 0.",
    ]
    assert "more: The card has no such field; it is kept as it is." in err
    assert "metrics[0]: auc: the file says 0.9; the registry measured 0.857, which stays." in err


def test_only_the_parts_that_are_named(version: ModelVersion, cast: Cast, file: Path) -> None:
    run("import_card", file, email=cast.developer.email, parts=["licenses"])
    assert set(draft_of(version).card.sections) == {"task", "intended_use"}


def test_a_draft_saved_since_is_refused_unless_it_was_seen(
    version: ModelVersion, cast: Cast, file: Path
) -> None:
    save_draft(version=version, sections={"task": "Mine"}, base=0, actor=cast.owner, at=NOON)
    with nothing_moves(), pytest.raises(CommandError, match="draft_changed") as caught:
        run("import_card", file, email=cast.developer.email)
    assert caught.value.returncode == 2
    assert "Save 2" in run("import_card", file, email=cast.developer.email, base=1)[0]


@pytest.mark.parametrize(
    ("person", "options", "says"),
    [
        ("auditor", {}, "permission_missing"),
        ("outsider", {}, "version_not_found"),
        ("developer", {"parts": ["nothing"]}, "The file has no part 'nothing'"),
    ],
)
def test_what_is_refused_moves_nothing(
    person: str,
    options: dict[str, Any],
    says: str,
    version: ModelVersion,
    cast: Cast,
    file: Path,
) -> None:
    email = getattr(cast, person).email
    with nothing_moves(), pytest.raises(CommandError, match=says):
        run("import_card", file, email=email, **options)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_a_card_is_written_with_its_report(
    name: str, version: ModelVersion, cast: Cast, tmp_path: Path
) -> None:
    revision = make_card(cast, version)
    out, report = tmp_path / "out", tmp_path / "report.json"
    with nothing_moves():
        said, _ = run("export_card", to=name, out=out, report=report)
    told = json.loads(report.read_text())
    assert told["source"] == {"format": "countersign", "sha256": revision.digest}
    assert said.startswith(f"revision 1 → {name}: {told['kept']} fields kept")
    assert out.read_bytes()


def test_which_card_is_written(version: ModelVersion, cast: Cast, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(CommandError, match="No card is published") as caught:
        run("export_card", to="markdown", out=out)
    assert caught.value.returncode == 2
    assert not out.exists()
    assert run("export_card", to="markdown", out=out, draft=True)[0].startswith("draft → markdown")
    with pytest.raises(CommandError, match="no revision 4"):
        run("export_card", to="markdown", out=out, revision=4)
