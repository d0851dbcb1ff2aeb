"""Documents for readers on paper: valid, complete, in every script, and the card of a pack."""

from __future__ import annotations

import base64
import io
import json
from datetime import UTC, datetime

import page
import pypdf
import pytest
from PIL import Image

from governance.cards.actions import publish_card, save_draft, withdraw_card, write_draft
from governance.cards.models import CardAttachment
from governance.cards.rules.editing import NumberRow, SectionEdit
from governance.cards.rules.model_card import Figure
from governance.core.canonical import canonical, sha256_hex
from governance.core.pdf import Rendered
from governance.evidence.actions.documents import document_pdf, is_for_presses
from governance.evidence.actions.making import context, draw
from governance.evidence.pades.keys import seal_key
from governance.evidence.pades.sealing import facts_of
from governance.evidence.queries.collecting import collect
from governance.evidence.queries.documents import document_of
from governance.evidence.rules.documents.blocks import Reader
from governance.evidence.rules.reading import Evidence
from governance.registry.models import ModelVersion
from tests import factories as f
from tests.factories import NOON, Cast
from tests.pdf.support import full_model, text_of, violations
from tests.pdf.test_render import has_every_glyph

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 3, 9, tzinfo=UTC)
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
STRUCTURED = """# First

A [link](https://bank.example/rules) and **bold**.

### Third

| Group | Share |
|---|--:|
| Thin file | 4 % |

1. one
2. two
   - inner

> Quoted.

```
code <b>
```
"""


def drawn(version: ModelVersion, reader: Reader, cast: Cast) -> Rendered:
    return document_pdf(document_of(version, reader, actor=cast.auditor, at=AT), at=AT)


def is_valid(data: bytes) -> bool:
    profiles = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)
    return [rule for profile in profiles for rule in violations(data, profile)] == []


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    return f.make_version(cast, f.make_model(cast), metrics={"auc": "0.857"})


def test_of_every_reader_there_is_a_valid_pdf() -> None:
    cast, model = full_model()
    version = model.versions.get(number=3)
    said = {
        Reader.FULL: "Where it comes from",
        Reader.REVIEWER: "Changed since revision 1 of version 1",
        Reader.EXECUTIVE: "Who answers, and what is next",
        Reader.INSTRUCTIONS: "Art. 13(3)(b)(vii)",
        Reader.ANNEX_IV: "Annex IV, point 9",
        Reader.ANNEX_V: "A draft, and no declaration",
        Reader.ANNEX_VIII_A: "Annex VIII, Section A, point 13",
        Reader.ANNEX_VIII_B: "Annex VIII, Section B, point 8",
        Reader.FRIA: "Art. 27(1)(f)",
    }
    for reader in Reader:
        result = drawn(version, reader, cast)
        assert said[reader] in text_of(result.data), reader
        assert is_valid(result.data), reader
        assert result.pages == 1 or reader != Reader.EXECUTIVE
    assert drawn(version, reader, cast).data == result.data


def test_an_empty_point_is_printed_as_empty(version: ModelVersion, cast: Cast) -> None:
    text = text_of(drawn(version, Reader.ANNEX_IV, cast).data)
    assert "EU declaration: nothing is on record" in text
    assert "named “EU declaration”" in text


def test_markdown_is_printed_with_its_structure(version: ModelVersion, cast: Cast) -> None:
    save_draft(version=version, sections={"task": STRUCTURED}, base=None, actor=cast.owner, at=NOON)
    data = drawn(version, Reader.FULL, cast).data
    text = text_of(data)
    assert "# First" not in text
    assert "**bold**" not in text
    assert "|---" not in text
    assert "link (https://bank.example/rules)" in text
    assert "code <b>" in text
    assert b"/URI" not in data
    assert is_valid(data)


def test_a_card_in_any_script_is_printed_with_every_glyph(
    version: ModelVersion, cast: Cast
) -> None:
    texts = {
        "task": "住宅ローンの返済能力を推定する。🙂 🚀",
        "caveats": "يقدر النموذج المخاطر. המודל מעריך סיכון.",
        "fairness": "고객 이탈, 客户流失, Zażółć, Ωμέγα",
        "ethics": "हिन्दी",
    }
    save_draft(version=version, sections=texts, base=None, actor=cast.owner, at=NOON)
    result = drawn(version, Reader.FULL, cast)
    assert set(result.replaced) == {f"U+{ord(char):04X}" for char in texts["ethics"]}
    text = text_of(result.data)
    for words in (
        "住宅ローンの返済能力を推定する。",
        "🙂",
        "🚀",
        "客户流失",
        "고객 이탈",
        "[U+0939]",
    ):
        assert words in text, words
    assert has_every_glyph(result.data)
    assert is_valid(result.data)


def test_figures_are_printed_and_numbers_say_who_typed_them(
    version: ModelVersion, cast: Cast
) -> None:
    digest = illustrate(version, cast)
    result = drawn(version, Reader.FULL, cast)
    reader = pypdf.PdfReader(io.BytesIO(result.data))
    assert any(len(sheet.images) for sheet in reader.pages)
    text = text_of(reader)
    assert "Typed by Olga Owner" in text
    assert "A curve" in text
    assert digest in text.replace(" ", "")
    (data,) = reader.attachments["document.json"]
    assert digest in json.dumps(json.loads(data))
    assert is_valid(result.data)


def test_a_picture_in_four_inks_is_named_and_not_printed(version: ModelVersion, cast: Cast) -> None:
    inks = io.BytesIO()
    Image.new("CMYK", (9, 9), (9, 99, 199, 9)).save(inks, "JPEG")
    colors = io.BytesIO()
    Image.new("RGB", (9, 9), (9, 99, 199)).save(colors, "JPEG")
    assert (is_for_presses(inks.getvalue()), is_for_presses(colors.getvalue())) == (True, False)
    digest = illustrate(version, cast, picture=inks.getvalue())
    result = drawn(version, Reader.FULL, cast)
    assert "is not printed here" in text_of(result.data)
    assert digest in text_of(result.data).replace(" ", "")
    assert is_valid(result.data)


def illustrate(version: ModelVersion, cast: Cast, picture: bytes = PICTURE) -> str:
    """Give the evaluation of the draft a figure and a typed number."""
    digest, kind = sha256_hex(picture), "image/png" if picture == PICTURE else "image/jpeg"
    CardAttachment.objects.create(digest=digest, media_type=kind, data=picture)
    edit = SectionEdit(
        key="evaluation",
        text="See the curve.",
        metrics=(NumberRow(name="recall", value="0.61"),),
        figures=(
            Figure(digest=digest, media_type=kind, description="A curve", section="evaluation"),
        ),
    )
    write_draft(version=version, edit=edit, base=None, actor=cast.owner, at=NOON)
    return digest


def test_a_pack_prints_the_card_that_stands_and_names_who_typed(
    version: ModelVersion, cast: Cast
) -> None:
    digest = illustrate(version, cast)
    f.make_card(cast, version)
    save_draft(
        version=version, sections={"caveats": "Withdrawn words"}, base=None, actor=cast.owner,
        at=NOON,
    )  # fmt: skip
    second = publish_card(version=version, actor=cast.owner, at=NOON)
    withdraw_card(revision=second, reason="A wrong number.", actor=cast.owner, at=NOON)
    text = canonical(collect([version.model]))
    (part,) = context(Evidence(text), "0" * 64)["parts"]
    assert part.card.revision == 1
    printed = text_of(draw(text, sealed_by=facts_of(seal_key(at=NOON))).data)
    assert "Withdrawn words" not in printed
    assert "Typed by Olga Owner" in printed
    assert digest in printed.replace(" ", "")
    assert "Upstream assumptions" in printed


def test_a_pack_without_a_card_that_stands_says_so(version: ModelVersion, cast: Cast) -> None:
    only = f.make_card(cast, version)
    withdraw_card(revision=only, reason="A wrong number.", actor=cast.owner, at=NOON)
    text = canonical(collect([version.model]))
    (part,) = context(Evidence(text), "0" * 64)["parts"]
    assert part.card is None
