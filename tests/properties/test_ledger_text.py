"""Whatever facts may stand in an entry, a stranger's JSON library prints the same text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from governance.audit import checkpoints, merkle, notes
from governance.audit.checkpoints import Checkpoint
from governance.audit.notes import Note, NoteUnusable
from governance.audit.rules import Entry, check_facts, entry_hash
from governance.core import canonical as ours
from tests.rules.test_ledger_format import DOMAIN, canonical, tree_root
from tests.rules.test_notes import KEY, SEED

WORDS = st.text(max_size=40).filter(lambda text: text.isprintable() and "@" not in text)
KEYS = st.from_regex(r"[A-Za-z0-9_.:/@%+-]{1,20}", fullmatch=True)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | WORDS
VALUES = st.recursive(
    SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(KEYS, v), max_leaves=8
)
FACTS = st.dictionaries(KEYS, VALUES, max_size=5)
MICROSECONDS = st.integers(0, 10**16)
TIMES = MICROSECONDS.map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=n))
DIGESTS = st.binary(min_size=32, max_size=32).map(bytes.hex)


def fits(facts: dict[str, object]) -> bool:
    try:
        check_facts(facts)
    except ValueError:
        return False
    return True


@given(at=TIMES, hours=st.integers(-14, 14))
def test_a_time_is_printed_in_utc_with_six_digits(at: datetime, hours: int) -> None:
    there = at.astimezone(timezone(timedelta(hours=hours)))
    expected = at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert ours.timestamp(at) == ours.timestamp(there) == expected


@given(facts=FACTS.filter(fits), at=TIMES, previous=DIGESTS, states=st.dictionaries(
    DIGESTS.map(lambda digest: f"model:{digest}"), DIGESTS, max_size=3))  # fmt: skip
def test_any_json_library_makes_the_same_text_and_hash(
    facts: dict[str, object], at: datetime, previous: str, states: dict[str, str]
) -> None:
    text = Entry(
        stream="firm",
        seq=7,
        at=at,
        verb="unit.created",
        subject="firm",
        actor="system:console",
        source="JOB",
        request="",
        facts=facts,
        states=states,
    ).text()
    body = json.loads(text)
    assert canonical(body) == text
    assert body["facts"] == facts
    assert datetime.fromisoformat(body["at"]) == at
    expected = sha256(DOMAIN + bytes.fromhex(previous) + text.encode()).hexdigest()
    assert entry_hash(previous=previous, text=text) == expected


TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
"""Prose and records hold line breaks and characters that no fact may hold."""


@given(st.recursive(SCALARS | TEXT, lambda v: st.lists(v) | st.dictionaries(KEYS, v)))
def test_the_text_is_that_of_rfc_8785(value: object) -> None:
    assert ours.canonical(value) == rfc8785.dumps(value).decode()  # type: ignore[arg-type]


@given(st.lists(st.binary(max_size=8), max_size=70))
def test_the_tree_hash_is_that_of_the_standard(leaves: list[bytes]) -> None:
    assert merkle.root(leaves) == tree_root(leaves)


@given(st.binary(min_size=32, max_size=32), st.integers(1, 2**62), st.data())
def test_a_checkpoint_reads_back_and_any_change_to_it_does_not(
    root: bytes, size: int, data: st.DataObject
) -> None:
    point = Checkpoint(origin=KEY.name, size=size, root=root)
    note = str(Note(point.text(), [notes.sign(point.text(), KEY, SEED.sign)]))
    assert checkpoints.parse(notes.open_note(note, [KEY]).text) == point
    place = data.draw(st.integers(0, len(note) - 1))
    other = data.draw(st.characters(codec="utf-8").filter(lambda char: char != note[place]))
    with pytest.raises(NoteUnusable):
        notes.open_note(note[:place] + other + note[place + 1 :], [KEY])
