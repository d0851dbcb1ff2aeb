"""Drawing a PDF: valid, the same twice, and deaf to what the HTML asks for."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import page
import pikepdf
import pypdf
import pytest

from governance.core.pdf import (
    Asset,
    Attachment,
    Limits,
    PdfTooLarge,
    PdfUnavailable,
    Rendered,
    render_pdf,
)
from tests.pdf.support import text_of, violations

AT = datetime(2026, 11, 19, 10, 20, 4, tzinfo=UTC)
STYLE = Asset(
    data=b"body { font-family: Inter } h1 { font-family: 'Charis SIL' }", media_type="text/css"
)
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A test</title>
<meta name="dcterms.created" content="2026-11-19T10:20:04Z">
<link rel="stylesheet" href="asset:style.css"></head><body><h1>A test</h1>"""


def drawn(body: str, **more: Any) -> Rendered:
    given: dict[str, Any] = {
        "assets": {"style.css": STYLE},
        "attachments": [
            Attachment(name="evidence.json", description="Facts", data=b'{"a":1}', at=AT)
        ],
        "identifier": b"sixteen bytes id",
    }
    return render_pdf(HEAD + body, **(given | more))


@pytest.mark.parametrize(
    "profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1]
)
def test_it_is_what_it_says_it_is(profile: page.ValidationProfile) -> None:
    table = '<table><tr><th scope="col">A</th></tr><tr><td>1</td></tr></table>'
    link = '<p>See <a href="#x" title="There">there</a>.</p><h2 id="x">There</h2>'
    assert violations(drawn(table + link).data, profile) == []


def test_the_same_twice_is_the_same_bytes() -> None:
    assert drawn("<p>Zieliński ≤ 0.050</p>").data == drawn("<p>Zieliński ≤ 0.050</p>").data


def test_the_attachment_stands_there_byte_for_byte() -> None:
    data = drawn("").data
    assert b'{"a":1}' in data
    assert pypdf.PdfReader(io.BytesIO(data)).attachments["evidence.json"] == [b'{"a":1}']


HOSTILE = [
    '<img src="http://127.0.0.1:9/x.png" alt="x">',
    '<img src="file:///etc/hostname" alt="x">',
    '<link rel="stylesheet" href="http://127.0.0.1:9/x.css">',
    '<link rel="attachment" href="file:///etc/passwd">',
    '<a rel="attachment" href="file:///etc/passwd">x</a>',
    "<style>@import url(http://127.0.0.1:9/x)</style>",
    "<style>p { background: url(file:///etc/passwd) }</style>",
    "<style>@font-face { font-family: x; src: url(file:///etc/passwd) }</style>",
    '<svg><image href="file:///etc/passwd" width="9"/><title>x</title></svg>',
    '<object data="file:///etc/passwd">x</object>',
    '<embed src="file:///etc/passwd">',
    '<p style="content: url(http://127.0.0.1:9/x)">x</p>',
    '<base href="file:///etc/"><img src="passwd" alt="x">',
]


@pytest.mark.parametrize("body", HOSTILE)
def test_nothing_is_fetched_from_a_file_or_the_network(body: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(drawn(body).data))
    assert list(reader.attachments) == ["evidence.json"]
    assert not any(b"root:" in part for parts in reader.attachments.values() for part in parts)
    assert "root:" not in text_of(reader)


def test_what_no_font_has_and_what_would_hide_is_printed_as_its_code_point() -> None:
    result = drawn("<p>a\u0915b \u202ec\u200bd \x07e \U000f0000f</p>")
    assert result.replaced == ("U+0007", "U+0915", "U+200B", "U+202E", "U+F0000")
    assert "a[U+0915]b [U+202E]c[U+200B]d [U+0007]e [U+F0000]f" in text_of(result.data)
    assert violations(result.data, page.ValidationProfile.PDF_A_3A) == []


WRITINGS = {
    "Japanese": ("住宅ローンの返済能力を推定する。", "カタカナと「かぎ括弧」、①番、〒。"),
    "Chinese": ("该模型估计客户流失的概率。", "繁體中文：風險等級"),
    "Korean": ("고객 이탈을 예측합니다.", "한국어"),
    "Cyrillic and Greek": ("Оценивает риск.", "Εκτιμά τον κίνδυνο."),
    "emoji": ("🙂", "🚀", "🤖", "✅", "⚠", "🧠"),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_every_writing_that_a_font_has_is_there_to_be_read(writing: str) -> None:
    result = drawn("".join(f"<p>{line}</p>" for line in WRITINGS[writing]))
    assert result.replaced == ()
    text = text_of(result.data)
    assert not [line for line in WRITINGS[writing] if line not in text]
    assert has_every_glyph(result.data)
    for profile in (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1):
        assert violations(result.data, profile) == []


def test_writing_from_right_to_left_is_drawn_with_every_letter() -> None:
    result = drawn('<p dir="rtl">يقدر النموذج المخاطر.</p><p dir="rtl">המודל מעריך סיכון.</p>')
    assert result.replaced == ()
    assert has_every_glyph(result.data)
    letters = set(text_of(result.data))
    assert set("המודל מעריך סיכון") - {" "} <= letters
    assert violations(result.data, page.ValidationProfile.PDF_A_3A) == []


def has_every_glyph(data: bytes) -> bool:
    """No text is drawn with the box that stands for a glyph which a font lacks: glyph 0."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        shown = [
            bytes(part)
            for sheet in pdf.pages
            for operands, operator in pikepdf.parse_content_stream(sheet)
            if str(operator) in {"Tj", "TJ"}
            for one in operands
            for part in (one if isinstance(one, pikepdf.Array) else [one])
            if isinstance(part, pikepdf.String)
        ]
    glyphs = {text[i : i + 2] for text in shown for i in range(0, len(text), 2)}
    return bool(glyphs) and b"\0\0" not in glyphs


def test_a_document_that_takes_too_long_is_ended() -> None:
    with pytest.raises(PdfTooLarge, match="seconds"):
        drawn("<p>x</p>" * 20_000, limits=Limits(wall_seconds=2))


def test_a_document_that_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(PdfTooLarge):
        drawn("<p>x</p>" * 50_000, limits=Limits(memory=400 * 1024**2, wall_seconds=60))


def test_a_missing_library_is_named_with_the_line_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is no library, found first, cannot be loaded: as if there were none.
    for name in ("gobject-2.0", "pango-1.0", "pangoft2-1.0"):
        (tmp_path / f"lib{name}.so.0").write_text("no library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    with pytest.raises(PdfUnavailable, match=r"libgobject-2\.0.*apt-get install.*libpango-1\.0-0"):
        drawn("")


class Stopped(Exception):
    pass


def children() -> set[str]:
    """The processes that this one started and that are still there."""
    said = [path.read_text() for path in Path("/proc/self/task").glob("*/children")]
    return {pid for line in said for pid in line.split()}


def test_a_drawing_that_nobody_wants_any_more_ends_at_once() -> None:
    asked: list[int] = []

    def go_on() -> None:
        asked.append(1)
        if len(asked) == 2:
            raise Stopped

    before = children()
    with pytest.raises(Stopped):
        drawn("<p>word</p>" * 60_000, go_on=go_on)
    assert len(asked) == 2
    assert children() <= before
