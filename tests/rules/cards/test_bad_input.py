"""Files that are wrong: read with a warning that names line and field, or refused with why."""

from __future__ import annotations

import base64
import json
import tracemalloc
from dataclasses import replace
from xml.etree.ElementTree import Element

import pytest

from governance.cards.formats import FORMATS, guess, read_card, write_card
from governance.cards.formats.guards import MAX_BYTES, json_tree, xml_file
from governance.cards.rules.model_card import ModelCard, Source
from governance.core.canonical import sha256_hex
from governance.core.errors import InvalidInput
from tests.rules.cards.documents import FULL_CARD, HUB_CARD


def head(yaml: str) -> bytes:
    return f"---\n{yaml}\n---\n\n# Named\n\nText.\n".encode()


def warned(data: bytes, name: str = "") -> list[tuple[int | None, str, str]]:
    reading = read_card(data, name=name)
    assert reading.card.details.name == "Named"
    assert reading.card.sections["overview"] == "Text."
    assert write_card(reading.card, reading.format).data == data
    return [(one.line, one.field, one.message) for one in reading.warnings]


def refused(data: bytes, name: str = "") -> tuple[str, str, str]:
    with pytest.raises(InvalidInput) as caught:
        read_card(data, name=name)
    first = caught.value.problems[0]
    return first.field, first.rule, first.message


# --- front matter --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("yaml", "line", "field"),
    [
        ("- a\n- b", 2, "front matter"),
        ("just words", 2, "front matter"),
        ("license: mit\ntags: [a", 4, "front matter"),
        ("license: mit\n\ttags: a", 3, "front matter"),
        ("license: mit\nlicense: apache-2.0", 3, "license"),
        ("tags: x\nmodel-index: no list", 3, "model-index"),
        ("model-index:\n- name: a\n  results:\n  - metrics: []", 5, "model-index[0].results[0]"),
        (
            "model-index:\n- name: a\n  results:\n  - dataset: {type: d, name: d}\n"
            "    metrics:\n    - type: f1\n      value: [1, 2]",
            7,
            "model-index[0].results[0].metrics[0]",
        ),
        ("license: '\u202egnorw'", 2, "file"),
        ("license: mit\na: &a [*a]", 3, "front matter"),
        ("a: *b", 2, "front matter"),
        ("a: 1\n...\nb: 2", 4, "front matter"),
        ('license: mit\nkey: "bell\x07"', 3, "front matter"),
    ],
)
def test_a_front_matter_that_is_odd_is_kept_and_said(yaml: str, line: int, field: str) -> None:
    found = warned(head(yaml), "huggingface")
    assert (line, field) in {(at, where) for at, where, _ in found}, found
    assert all(message.endswith(".") for _, _, message in found)


@pytest.mark.parametrize(
    ("yaml", "rule"),
    [
        ("a: !!python/object/apply:os.system [ls]", "tag"),
        ("a: !include /etc/passwd", "tag"),
        ("a: &a [" + "x," * 9 + "x]\n" + "\n".join(
            f"{new}: &{new} [" + ",".join([f"*{old}"] * 9) + "]"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ), "length"),
        ("a: " + "[" * 200 + "]" * 200, "depth"),
        ("a: " + "[" * 5000 + "]" * 5000, "depth"),
    ],
)  # fmt: skip
def test_a_front_matter_that_attacks_is_refused(yaml: str, rule: str) -> None:
    field, found, message = refused(head(yaml), "huggingface")
    assert (field, found) == ("front matter", rule), message


@pytest.mark.parametrize("yaml", ['license: "\\0"', 'other: ["\\0"]', '"\\0": x'])
def test_no_escape_hides_what_is_no_text(yaml: str) -> None:
    assert refused(head(yaml), "huggingface")[1] == "characters"


# --- any file ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "rule", "says"),
    [
        (b"", "empty", "nothing"),
        (b"\xef\xbb\xbf \n", "empty", "nothing"),
        (b"# a\n\nb\x00c", "characters", "Line 3"),
        (b"# a\n\n\xff\xfe", "encoding", "Line 3"),
        ("# a".encode("utf-16"), "characters", "NUL"),
        (b'{"a": 1}', "format", "no format"),
        (b"<?xml version='1.0'?><a/>", "format", "no format"),
    ],
)
def test_what_is_no_card_is_refused(data: bytes, rule: str, says: str) -> None:
    field, found, message = refused(data)
    assert (field, found) == ("file", rule)
    assert says in message


def test_thirty_megabytes_of_picture_are_refused_at_once() -> None:
    picture = base64.b64encode(bytes(24 * 1024 * 1024)).decode()
    data = f"# Named\n\n![x](data:image/png;base64,{picture})\n".encode()
    tracemalloc.start()
    assert refused(data) == (
        "file",
        "length",
        "A card file has at most 16 MiB; this one has 32.0. "
        "Take the pictures out of it, then read it again.",
    )
    assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    tracemalloc.stop()


def test_a_picture_below_the_limit_stays_in_the_text() -> None:
    picture = base64.b64encode(bytes(2 * 1024 * 1024)).decode()
    data = f"# Named\n\n## Uses\n\n![x](data:image/png;base64,{picture})\n".encode()
    reading = read_card(data, name="markdown")
    assert write_card(reading.card, "markdown").data == data
    assert len(data) < MAX_BYTES


def test_scripts_and_local_files_are_text_and_nothing_is_opened() -> None:
    text = "<script>alert(1)</script>\n\n![p](file:///etc/passwd)\n\n[^a]: file:///etc/passwd"
    card = read_card(f"# Named\n\n{text}\n".encode(), name="markdown").card
    assert card.sections == {"overview": text}
    for name in FORMATS:
        assert b"root:" not in write_card(card, name).data


@pytest.mark.parametrize(
    "text", ["モデルカード", "حدود النموذج ‏(١)", "🚧👩🏽‍🔬", "e\u0301 = é", "\u2028x", "a\x0cb"]
)
def test_every_script_comes_through_every_format(text: str) -> None:
    card = ModelCard(sections={"intended_use": f"x {text} y"})
    for name in FORMATS:
        written = write_card(card, name)
        assert written.losses == ()
        assert read_card(written.data, name=name).card.sections == card.sections


# --- what a file carries -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "payload",
    [
        "countersign: {card: 3}",
        "countersign: {card: {sections: {task: 3}}}",
        "countersign: {format: countersign.carried/1, card: {newer: x}}",
        "countersign: {format: countersign.carried/1, card: {}, attachments: []}",
        "countersign: just text",
        "countersign: {else: x}",
    ],
)
def test_an_extension_field_that_is_not_ours_does_no_harm(payload: str) -> None:
    reading = read_card(head(payload))
    assert reading.card.sections == {"overview": "Text."}
    written = write_card(reading.card, "huggingface")
    assert (written.data, written.losses) == (head(payload), ())


def test_what_was_carried_is_not_put_on_what_was_changed_since() -> None:
    text = write_card(FULL_CARD, "huggingface").data.decode()
    changed = text.replace("Nobody attacked it.", "Somebody did.")
    reading = read_card(changed.encode())
    assert reading.card.sections["red_team"] == "Somebody did."
    assert reading.card.parties == FULL_CARD.parties
    assert "details, " in reading.warnings[-1].message
    assert reading.card.details.version == ""


def test_a_wrong_file_that_came_along_is_not_used() -> None:
    bad = b"---\na: !!python/none\n---\n"
    digest = sha256_hex(bad)
    source = Source(format="huggingface", digest=digest)
    card = replace(FULL_CARD, sources=(source,), attachments={digest: bad})
    assert b"python" not in write_card(card, "huggingface", carry=False).data


# --- our own JSON --------------------------------------------------------------------------------


def ours(**more: object) -> bytes:
    return json.dumps({"format": "countersign.card/2", **FULL_CARD.body(), **more}).encode()


@pytest.mark.parametrize(
    ("data", "field", "rule"),
    [
        (ours(format="countersign.card/3"), "format", "format"),
        (ours(**{"$id": "urn:countersign:card:9"}), "$id", "const"),
        (ours(details={"name": 3}), "details.name", "type"),
        (ours(sections={"task": ""}), "sections.task", "minLength"),
        (ours(metrics=[{"type": "auc"}]), "metrics[0]", "required"),
        (ours(metrics=[{"value": {"value": "1e5"}}]), "metrics[0].value.value", "pattern"),
        (ours(metrics=[{"value": {"value": 0.9}}]), "metrics[0].value.value", "number"),
        (ours(lineage={"x": 1.5}), "lineage.x", "number"),
        (ours(lineage={"é": "x"}), "lineage", "characters"),
        (ours(lineage={"x": "a\x00"}), "file", "characters"),
        (ours(lineage={"x": "\ud800"}), "file", "characters"),
        (ours(attachments={"ab": "!"}), "attachments.ab", "base64"),
        (ours(kept=[{"format": "x", "place": "/a", "json": "{"}]), "kept[0].json", "json"),
        (ours(kept=[{"format": "x", "place": "a", "json": "1"}]), "kept[0].place", "pointer"),
        (ours(attachments={"ab" * 32: "AAAA"}), f"attachments.{'ab' * 32}", "digest"),
        (ours()[:-1], "file", "json"),
        (b'{"format": "countersign.card/2", "format": "x"}', "format", "twice"),
        (b'{"format": "countersign.card/2", "lineage": {"a": NaN}}', "file", "number"),
        (b'{"format": "countersign.card/2", "lineage": ' + b"[" * 9999, "file", "depth"),
        (b'{"format": "countersign.card/1", "sections": []}', "sections", "type"),
        (b'{"format": "countersign.card/1", "sections": {"x": "y"}}', "x", "unknown"),
        (b'{"format": "countersign.card/1", "sections": {}, "values": [{}]}', "values", "type"),
        (b'{"format": "countersign.card/1", "sections": {}, "values": 3}', "values", "type"),
        (b"[]", "file", "type"),
    ],
)
def test_a_card_of_ours_that_is_wrong_is_refused_whole(data: bytes, field: str, rule: str) -> None:
    assert refused(data, "countersign")[:2] == (field, rule)


def test_a_field_that_we_do_not_know_is_kept_and_said() -> None:
    data = ours(newer={"a": [1, 0.5]}, metrics=[{"value": {"value": "1"}, "extra": "x"}])
    reading = read_card(data)
    assert [one.field for one in reading.warnings] == ["newer", "metrics[0].extra"]
    written = json.loads(write_card(reading.card, "countersign").data)
    assert written == json.loads(data)


# --- guards for formats to come ------------------------------------------------------------------

BOMB = b"""<?xml version="1.0"?>
<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>
<l>&c;</l>"""


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (BOMB, "doctype"),
        (b'<!DOCTYPE l SYSTEM "file:///etc/passwd"><l/>', "doctype"),
        (b'<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><l>&x;</l>', "doctype"),
        (b"<l>&x;</l>", "xml"),
        (b"<l>", "xml"),
        (b"<a>" * 200 + b"</a>" * 200, "depth"),
    ],
)
def test_xml_with_entities_or_without_end_is_refused(data: bytes, rule: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        xml_file(data)
    assert caught.value.problems[0].rule == rule


def test_xml_is_read_with_namespaces_and_lines() -> None:
    found = xml_file(b'<b xmlns="urn:x"\n a="1">t\n<c/>\n</b>')
    assert isinstance(found.root, Element)
    assert [(one.tag, found.lines[one]) for one in found.root.iter()] == [
        ("{urn:x}b", 1),
        ("{urn:x}c", 3),
    ]
    assert (found.root.attrib, found.root.text) == ({"a": "1"}, "t\n")


def test_json_numbers_stay_as_they_are_written() -> None:
    assert str(json_tree('{"a": 0.90}')["a"]) == "0.90"


def test_a_file_is_guessed_by_what_it_says_and_by_its_name() -> None:
    assert guess(HUB_CARD.encode()) == "huggingface"
    assert guess(b"# x\n", "README.md") == "markdown"
    assert guess(b'{"format": "countersign.card/2"}') == "countersign"
