"""Typed Markdown comes out as harmless HTML."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from governance.core.markup import rich_text


class Found(HTMLParser):
    """What a browser would make of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses += [value or "" for name, value in attrs if name == "href"]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "[a](data:text/html;base64,PHNjcmlwdD4=)",
        "![a](http://evil.example/x.png)",
        "![a](file:///etc/passwd)",
        '<a href="#" style="color:red" onclick="x()">a</a>',
        "<iframe src=//evil.example></iframe>",
        "<!-- --!><svg onload=alert(1)>",
        "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
        '[a](http://a.example "x\\" onmouseover=\\"alert(1)")',
    ],
)
def test_nothing_runs_and_nothing_is_fetched(text: str) -> None:
    found = Found()
    found.feed(str(rich_text(text)))
    assert found.tags <= {"p", "a", "code", "pre"}
    assert found.attributes <= {"href", "rel", "title"}
    assert all(address.startswith(("http:", "#")) for address in found.addresses)


def test_headings_begin_at_the_third_level_and_skip_none() -> None:
    html = str(rich_text("# One\n\n### Two\n\n###### Three\n\n# Four"))
    assert [line[:4] for line in html.splitlines()] == ["<h3>", "<h4>", "<h5>", "<h3>"]


def test_a_table_scrolls_in_its_own_region_with_numbers_to_the_right() -> None:
    html = str(rich_text("| a | b |\n|---|--:|\n| x | 1 |"))
    assert html.startswith('<div class="table-wrap" role="region" tabindex="0"')
    assert '<td class="num">1</td>' in html


def test_links_say_nothing_to_where_they_lead() -> None:
    assert 'rel="noopener noreferrer"' in str(rich_text("[a](https://a.example)"))


@pytest.mark.parametrize("text", ["", "日本語 🙂 مرحبا", "a < b & c > d", "x" * 50_000])
def test_any_text_comes_out(text: str) -> None:
    assert str(rich_text(text)).count("\x00") == 0
