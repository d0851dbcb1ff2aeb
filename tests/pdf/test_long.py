"""A long list in a PDF: drawn in chunks by several processes, joined into one valid document."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import page
import pikepdf
import pypdf
import pytest

from governance.core.long_pdf import WORKER_LIMITS, Chunk, render_long
from governance.core.pdf import Asset, Attachment, EmptySignature, PdfTooLarge, Rendered
from tests.pdf.support import violations

AT = datetime(2026, 11, 19, 10, 20, 4, tzinfo=UTC)
STYLE = b"""
@page { size: A5; margin: 20mm;
  @bottom-right { content: var(--page-number); font: 500 7.5pt Inter; white-space: nowrap } }
:root { --page-number: "Page " counter(page) " of " counter(pages) }
@page cover { @bottom-right { content: none } }
html { font: 8pt Inter } h1 { bookmark-level: 1 } section { break-before: page }
.cover { page: cover } a.page::after { content: target-counter(attr(href), page) }
ol { list-style: none; padding: 0 } li { break-inside: avoid } table { table-layout: fixed }
"""
HEAD = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A long one</title>
<meta name="dcterms.created" content="2026-11-19T10:20:04Z">
<link rel="stylesheet" href="asset:style.css"></head><body>"""
FRAME = (
    HEAD
    + """<div class="cover"><p>Cover</p></div>
<section><h1>Contents</h1><p>First <a class="page" href="#first" title="First"></a>, second
<a class="page" href="#second" title="Second"></a>, end <a class="page" href="#end" title="End"></a>
</p></section>
<section id="first"><h1>First</h1><p>Of the first.</p><div id="first-items"></div></section>
<section id="second"><h1>Second</h1><p>Of the second.</p><div id="second-items"></div></section>
<section id="end"><h1>End</h1><p>The end.</p></section></body></html>"""
)


def chunks(name: str, count: int, *, each: int = 60) -> Iterator[Chunk]:
    for begin in range(0, count, each):
        end = min(begin + each, count)
        items = "".join(f"<li>Item {name}{at:04} of many</li>" for at in range(begin, end))
        yield Chunk(html=f"{HEAD}<ol>{items}</ol></body></html>", title=f"{name} from {begin}")


def long(**more: Any) -> Rendered:
    given: dict[str, Any] = {
        "runs": {"first-items": chunks("a", 150), "second-items": chunks("b", 20)},
        "assets": {"style.css": Asset(data=STYLE, media_type="text/css")},
        "attachments": [
            Attachment(name="evidence.json", description="Facts", data=b'{"a":1}', at=AT)
        ],
        "identifier": b"sixteen bytes id",
        "signature": EmptySignature(name="Seal", spoken="A seal"),
    }
    return render_long(FRAME, **(given | more))


@pytest.fixture(scope="module")
def drawn(var_dir: Path) -> Rendered:
    return long()


@pytest.fixture(scope="module")
def texts(drawn: Rendered) -> list[str]:
    reader = pypdf.PdfReader(io.BytesIO(drawn.data))
    return [" ".join(one.extract_text().split()) for one in reader.pages]


@pytest.mark.parametrize(
    "profile", [page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1]
)
def test_it_is_what_one_drawn_whole_would_be(
    drawn: Rendered, profile: page.ValidationProfile
) -> None:
    assert violations(drawn.data, profile) == []


def test_the_same_twice_is_the_same_bytes(drawn: Rendered) -> None:
    assert long().data == drawn.data


def test_every_item_stands_there_once_and_in_order(texts: list[str]) -> None:
    items = re.findall(r"Item ([ab]\d{4})", " ".join(texts))
    assert items == [f"a{at:04}" for at in range(150)] + [f"b{at:04}" for at in range(20)]


def test_every_page_but_the_cover_has_its_number(drawn: Rendered, texts: list[str]) -> None:
    assert len(texts) == drawn.pages
    numbers = [re.findall(r"Page (\d+) of (\d+)", text) for text in texts]
    assert numbers[0] == []
    expected = [[(str(at), str(drawn.pages))] for at in range(2, drawn.pages + 1)]
    assert numbers[1:] == expected


def test_the_contents_name_the_pages_of_the_whole(texts: list[str]) -> None:
    found = re.search(r"First (\d+), second (\d+), end (\d+)", texts[1])
    assert found is not None
    places = [int(number) - 1 for number in found.groups()]
    starts = ("Of the first.", "Of the second.", "The end.")
    assert [start in texts[at] for at, start in zip(places, starts, strict=True)] == [True] * 3
    assert places == sorted(places)


def test_the_outline_leads_to_each_chunk(drawn: Rendered, texts: list[str]) -> None:
    with pikepdf.open(io.BytesIO(drawn.data)) as pdf, pdf.open_outline() as outline:
        places = {one.obj.objgen: at for at, one in enumerate(pdf.pages)}
        titles = {one.title: [child.title for child in one.children] for one in outline.root}
        first = next(one for one in outline.root if one.title == "First").children[1]
        assert isinstance(first.destination, pikepdf.Array)
        assert "Item a0060" in texts[places[first.destination[0].objgen]]
    assert titles == {
        "Contents": [],
        "First": ["a from 0", "a from 60", "a from 120"],
        "Second": ["b from 0"],
        "End": [],
    }


def read_aloud(pdf: pikepdf.Pdf) -> list[int]:
    """The pages in the order in which the structure names them."""
    places = {one.obj.objgen: at for at, one in enumerate(pdf.pages)}
    found: list[int] = []
    waiting: list[Any] = [pdf.Root.StructTreeRoot.K]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, pikepdf.Array):
            waiting = [*one, *waiting]
        elif isinstance(one, pikepdf.Dictionary) and one.get("/S") != pikepdf.Name.Form:
            if "/Pg" in one:
                found.append(places[one.Pg.objgen])
            if "/K" in one:
                waiting.insert(0, one.K)
    return found


def test_a_screen_reader_reads_it_in_the_order_of_the_pages(drawn: Rendered) -> None:
    with pikepdf.open(io.BytesIO(drawn.data)) as pdf:
        order = read_aloud(pdf)
        assert order == sorted(order)
        assert set(order) == set(range(len(pdf.pages)))
        structure = pdf.Root.StructTreeRoot
        keys = [int(key) for key in list(structure.ParentTree.Nums)[::2]]
        assert keys == list(range(int(structure.ParentTreeNextKey)))
        assert len({int(one.obj.StructParents) for one in pdf.pages}) == len(pdf.pages)


def test_the_attachment_stands_there_byte_for_byte(drawn: Rendered) -> None:
    assert b'{"a":1}' in drawn.data
    reader = pypdf.PdfReader(io.BytesIO(drawn.data))
    assert reader.attachments["evidence.json"] == [b'{"a":1}']


def test_headers_of_tables_are_told_apart() -> None:
    def tables() -> Iterator[Chunk]:
        head = '<thead><tr><th scope="col">A</th><th scope="col">B</th></tr></thead>'
        for at in range(3):
            row = f'<tbody><tr><th scope="row">{at}</th><td>x</td></tr></tbody>'
            body = f"{HEAD}<table>{head}{row}</table></body></html>"
            yield Chunk(html=body, title=f"Table {at}")

    found = long(runs={"first-items": tables()})
    for profile in (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1):
        assert violations(found.data, profile) == []
    with pikepdf.open(io.BytesIO(found.data)) as pdf:
        names = [str(o.ID) for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/ID" in o]
        assert len(names) == len(set(names)) >= 9


def test_what_no_font_has_is_shown_and_told() -> None:
    odd = Chunk(html=f"{HEAD}<ol><li>\u202etxt \u0915</li></ol></body></html>", title="Odd")
    found = long(runs={"first-items": [odd], "second-items": chunks("b", 20)})
    assert found.replaced == ("U+0915", "U+202E")
    text = "".join(one.extract_text() for one in pypdf.PdfReader(io.BytesIO(found.data)).pages)
    assert "[U+202E]txt [U+0915]" in text


def test_a_worker_has_only_so_much_memory() -> None:
    """Many chunks are drawn within what one needs; a chunk that needs more is refused."""
    bounded = replace(WORKER_LIMITS, data=150 * 1024**2)
    assert long(runs={"first-items": chunks("a", 2400)}, worker_limits=bounded).pages > 40
    with pytest.raises(PdfTooLarge):
        long(runs={"first-items": chunks("a", 12000, each=12000)}, worker_limits=bounded)


class Stopped(Exception):
    pass


def test_whoever_asks_may_stop_it() -> None:
    asked: list[int] = []

    def stop() -> None:
        asked.append(1)
        raise Stopped

    with pytest.raises(Stopped):
        long(go_on=stop)
    assert asked == [1]
