"""Entries as syslog messages, read back by a small reader of RFC 5424."""

from __future__ import annotations

import json
import re

import pytest

from governance.audit.rules import Verb
from governance.audit.syslog import LONGEST_DATAGRAM, datagram_of, framed, message_of
from tests.ledger_entries import SOMEBODY, unsaved

HEAD = re.compile(r"<(\d{1,3})>1 (\S+) (\S+) (\S+) (\S+) (\S+) ")
PARAM = re.compile(r' ([a-z]+)="((?:[^"\\\]]|\\["\\\]])*)"')


def read(message: bytes) -> tuple[tuple[str, ...], dict[str, str], str]:
    text = message.decode()
    head = HEAD.match(text)
    assert head is not None
    rest = text[head.end() :]
    assert rest.startswith("[countersign@32473")
    place, said = len("[countersign@32473"), {}
    while (param := PARAM.match(rest, place)) is not None:
        said[param[1]] = re.sub(r"\\(.)", r"\1", param[2])
        place = param.end()
    assert rest[place] == "]"
    return head.groups(), said, rest[place + 1 :].removeprefix(" ")


def test_a_message_says_all_that_can_be_searched_and_the_entry() -> None:
    entry = unsaved("card.published", seq=3, name="one")
    head, said, body = read(message_of(entry, host="portal.example"))
    assert head == (
        "110", "2026-11-19T12:00:00.000000Z", "portal.example", "countersign", "-",
        "card.published",
    )  # fmt: skip
    assert said == {
        "stream": "firm", "seq": "3", "verb": "card.published", "subject": entry.subject,
        "actor": SOMEBODY, "source": "PAGE", "request": "request-1", "hash": entry.hash,
        "previous": entry.previous,
    }  # fmt: skip
    assert body == entry.text


def test_text_that_is_not_ascii_announces_itself() -> None:
    entry = unsaved(name="Zürich")
    body = read(message_of(entry, host="h"))[2]
    assert body == f"\ufeff{entry.text}"


def test_severity_follows_the_entry() -> None:
    levels = [
        read(message_of(entry, host="h"))[0][0]
        for entry in (
            unsaved(),
            unsaved("call.refused", call="x", rule="y"),
            unsaved("ledger.verified", intact=False),
        )
    ]
    assert levels == ["110", "108", "106"]


def test_what_would_end_a_value_is_escaped() -> None:
    entry = unsaved()
    entry.subject = 'a"b\\c]d'
    assert read(message_of(entry, host="h"))[1]["subject"] == 'a"b\\c]d'


def test_a_host_that_is_no_name_is_made_one() -> None:
    assert read(message_of(unsaved(), host="a b\nc"))[0][2] == "abc"
    assert read(message_of(unsaved(), host=""))[0][2] == "-"


@pytest.mark.parametrize("verb", Verb.values)
def test_a_verb_fits_into_a_message_identifier(verb: str) -> None:
    assert read(message_of(unsaved(verb), host="h"))[0][5] == verb


def test_the_body_may_be_an_event() -> None:
    entry = unsaved()
    event = json.loads(read(message_of(entry, host="h", as_ocsf=True))[2])
    assert (event["raw_data"], event["class_uid"]) == (entry.text, 3004)


def test_a_frame_counts_octets_not_characters() -> None:
    message = message_of(unsaved(name="Zürich"), host="h")
    assert framed(message) == str(len(message)).encode() + b" " + message
    assert len(message) > len(message.decode())


def test_a_packet_that_is_too_long_keeps_what_leads_to_the_entry() -> None:
    entry = unsaved(**{f"key{number}": "x" * 200 for number in range(400)})
    assert len(message_of(entry, host="h")) > LONGEST_DATAGRAM
    _, said, body = read(datagram_of(entry, host="h"))
    assert (said["hash"], body) == (entry.hash, "")
    small = unsaved()
    assert datagram_of(small, host="h") == message_of(small, host="h")
