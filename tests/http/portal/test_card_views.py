"""Documents about a version in a browser: who may read them, which card they show, and how."""

from __future__ import annotations

import io
import json
from html import unescape
from pathlib import Path

import pypdf
import pytest

from governance.approvals.models import EvidenceOpening
from governance.cards.actions import publish_card, save_draft, withdraw_card
from governance.cards.models import CardComment
from governance.core import pdf
from governance.evidence.rules.documents.blocks import Reader
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import NOON, Cast
from tests.http.portal.deciding import read, signed_in
from tests.http.portal.test_reading import queries_of
from tests.world import nothing_moves

pytestmark = pytest.mark.django_db
VIEWS = "/models/churn-model/versions/1/card/views"
QUERIES = {
    Reader.FULL: 10,
    Reader.REVIEWER: 44,
    Reader.EXECUTIVE: 43,
    Reader.INSTRUCTIONS: 43,
    Reader.ANNEX_IV: 43,
    Reader.ANNEX_V: 43,
    Reader.ANNEX_VIII_A: 43,
    Reader.ANNEX_VIII_B: 43,
    Reader.FRIA: 43,
}
"""How many queries each page takes, however much is on record."""


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return f.make_version(cast, f.make_model(cast), metrics={"auc": "0.857"})


def address(reader: Reader, way: str = "", query: str = "") -> str:
    return f"{VIEWS}/{reader.value}/{way}{query}"


@pytest.mark.parametrize("reader", Reader)
def test_every_document_is_a_page_with_links_to_the_others(
    reader: Reader, version: ModelVersion, cast: Cast
) -> None:
    f.make_card(cast, version)
    signed_in(cast.auditor)
    with nothing_moves():
        page = unescape(read(cast.auditor, address(reader)))
    assert "Revision 1 of the card, published 2 Mar 2026 by Olga Owner" in page
    assert all(f'href="{address(other)}"' in page for other in Reader)
    assert address(reader, "pdf/") in page
    assert address(reader, "markdown/") in page


@pytest.mark.parametrize("reader", Reader)
def test_who_may_not_see_the_model_finds_nothing(
    reader: Reader, version: ModelVersion, cast: Cast
) -> None:
    f.make_card(cast, version)
    for way in ("", "pdf/", "markdown/"):
        read(cast.outsider, address(reader, way), status=404)


def test_there_is_no_document_for_a_reader_that_is_none(version: ModelVersion, cast: Cast) -> None:
    for way in ("", "pdf/", "markdown/"):
        read(cast.auditor, f"{VIEWS}/customer/{way}", status=404)


def test_without_a_published_card_the_draft_is_shown_and_said_to_be_one(
    version: ModelVersion, cast: Cast
) -> None:
    save_draft(
        version=version, sections={"caveats": "Not yet."}, base=None, actor=cast.owner, at=NOON
    )
    page = read(cast.auditor, address(Reader.FULL))
    assert "Nobody has published this card" in page
    assert "Not yet." in page
    assert "Nobody has published this card" in read(cast.auditor, address(Reader.FULL, "markdown/"))


def test_which_revision_is_shown_is_asked_for_in_the_address(
    version: ModelVersion, cast: Cast
) -> None:
    f.make_card(cast, version)
    save_draft(version=version, sections={"caveats": "Newer"}, base=None, actor=cast.owner, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    save_draft(
        version=version, sections={"caveats": "Newest"}, base=None, actor=cast.owner, at=NOON
    )
    shown = {q: unescape(read(cast.auditor, address(Reader.FULL, query=q))) for q in
             ("", "?revision=1", "?show=draft")}  # fmt: skip
    assert "Newer" in shown[""]
    assert "Newest" not in shown[""]
    assert "Revision 2 replaced it" in shown["?revision=1"]
    assert f"{address(Reader.ANNEX_IV)}?revision=1" in shown["?revision=1"]
    assert "Newest" in shown["?show=draft"]
    read(cast.auditor, address(Reader.FULL, query="?revision=9"), status=404)


def test_a_withdrawn_revision_says_so_and_is_not_chosen(version: ModelVersion, cast: Cast) -> None:
    f.make_card(cast, version)
    save_draft(version=version, sections={"caveats": "Wrong"}, base=None, actor=cast.owner, at=NOON)
    second = publish_card(version=version, actor=cast.owner, at=NOON)
    withdraw_card(revision=second, reason="A wrong number.", actor=cast.owner, at=NOON)
    page = unescape(read(cast.auditor, address(Reader.FULL, query="?revision=2")))
    assert "Withdrawn 2 Mar 2026 by Olga Owner: A wrong number" in page
    assert "Revision 1 of the card" in read(cast.auditor, address(Reader.FULL))


def test_a_reviewer_sees_the_words_that_changed(version: ModelVersion, cast: Cast) -> None:
    f.make_card(cast, version)
    sections = {"task": "What there is to ask on Task and users."}
    save_draft(version=version, sections=sections, base=None, actor=cast.owner, at=NOON)
    publish_card(version=version, actor=cast.owner, at=NOON)
    page = read(cast.auditor, address(Reader.REVIEWER))
    assert "Changed since revision 1" in page
    assert "<del>say</del>" in page
    assert "<ins>ask</ins>" in page


def test_a_new_version_is_compared_with_the_one_that_was_approved(cast: Cast) -> None:
    f.make_policies(cast)
    model = f.make_model(cast)
    f.make_champion(cast, f.make_version(cast, model))
    second = f.make_version(cast, model, metrics={"accuracy": "0.95"})
    f.make_card(cast, second)
    page = read(cast.auditor, "/models/churn-model/versions/2/card/views/reviewer/")
    assert "Changed since revision 1 of version 1" in page


def test_what_people_wrote_keeps_its_form_and_no_more(version: ModelVersion, cast: Cast) -> None:
    text = "# Deep\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>"
    save_draft(version=version, sections={"task": text}, base=None, actor=cast.owner, at=NOON)
    page = read(cast.auditor, address(Reader.FULL))
    assert "<h3>Deep</h3>" in page
    assert "<td>1</td>" in page
    assert "<script>alert" not in page
    written = read(cast.auditor, address(Reader.FULL, "markdown/"))
    assert "### Deep" in written
    assert "| 1 | 2 |" in written
    assert "\\<script>alert(1)\\</script>" in written


def test_markdown_is_handed_out_as_a_file(version: ModelVersion, cast: Cast) -> None:
    f.make_card(cast, version)
    answer = signed_in(cast.auditor).get(address(Reader.ANNEX_IV, "markdown/"))
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"].endswith('"churn-model-1-annex-iv.md"')
    text = answer.content.decode()
    assert "### 2(g) Validation and testing" in text
    assert "| auc | All | 0.857 | Set as a tag" in text


def test_the_pdf_is_handed_out_with_its_data_and_leaves_no_entry(
    version: ModelVersion, cast: Cast
) -> None:
    f.make_card(cast, version)
    signed_in(cast.auditor)
    with nothing_moves():
        answer = signed_in(cast.auditor).get(address(Reader.EXECUTIVE, "pdf/"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"].endswith('"churn-model-1-executive.pdf"')
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    (data,) = reader.attachments["document.json"]
    assert json.loads(data)["reader"] == "executive"
    assert len(reader.pages) == 1


def test_without_the_libraries_the_page_says_which_are_missing(
    version: ModelVersion, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    child = tmp_path / "child.py"
    child.write_text('print(\'{"error": "unavailable", "message": "libpango-1.0-0"}\')')
    monkeypatch.setattr(pdf, "DRAW", child)
    page = read(cast.auditor, address(Reader.FULL, "pdf/"), status=503)
    assert "libpango-1.0-0" in page
    assert "Nobody has published this card" in page


def test_reading_the_whole_card_is_noted_like_reading_its_page(cast: Cast) -> None:
    f.make_policies(cast)
    request = f.make_ready(cast, f.make_version(cast, f.make_model(cast)))
    read(cast.validator, address(Reader.EXECUTIVE))
    assert not EvidenceOpening.objects.filter(request=request).exists()
    read(cast.validator, address(Reader.FULL))
    assert EvidenceOpening.objects.filter(request=request, reader=cast.validator).count() == 1


def test_models_that_the_reader_may_not_see_are_not_named(cast: Cast) -> None:
    version = f.make_version(cast, f.make_model(cast))
    hidden = f.make_model(cast, name="hidden-model")
    f.make_dependency(cast, feeder=hidden, consumer=version.model)
    assert "hidden-model" in read(cast.auditor, address(Reader.ANNEX_IV))
    hidden.unit = cast.root
    hidden.save(update_fields=["unit"])
    assert "hidden-model" not in read(cast.validator, address(Reader.ANNEX_IV))


def test_queries_stay_at_their_baseline(cast: Cast) -> None:
    f.make_policies(cast)
    model = f.make_model(cast)
    version = f.make_version(cast, model)
    f.make_champion(cast, version)
    found = {reader: queries_of(cast.auditor, address(reader)) for reader in Reader}
    assert found == QUERIES
    for number in range(6):
        other = f.make_version(cast, model, metrics={"accuracy": f"0.9{number}", "auc": "0.8"})
        f.make_card(cast, other)
        sections = {"caveats": f"Caveat {number}."}
        save_draft(version=version, sections=sections, base=None, actor=cast.owner, at=NOON)
        publish_card(version=version, actor=cast.owner, at=NOON)
    f.make_report(cast, version, findings=[f.due_finding("LOW"), f.due_finding("LOW")])
    assert CardComment.objects.count() == 0
    assert {reader: queries_of(cast.auditor, address(reader)) for reader in Reader} == QUERIES
