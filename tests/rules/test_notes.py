"""Signed notes, checkpoints and proof files: strict to read, exact to print."""

from __future__ import annotations

import string

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit import checkpoints, heads, notes
from governance.audit.checkpoints import Checkpoint, Consistency, Inclusion, ProofUnusable
from governance.audit.notes import COSIGNATURE, Note, NoteUnusable, VerifierKey, open_note
from tests.rules.test_ledger_format import VECTORS

# The example of C2SP signed-note.
EXAMPLE_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3m"
    "FXmRKuwHjG1Yu72IneyaQM=\n"
)
ORIGIN = "ledger.example/countersign"
SEED = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, SEED.public_key().public_bytes_raw())
WITNESS = VerifierKey("witness.example/w1", KEY.public, COSIGNATURE)
POINT = Checkpoint(origin=ORIGIN, size=3, root=bytes(range(32)))
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"


def signed(text: str = POINT.text()) -> str:
    return str(Note(text, [notes.sign(text, KEY, SEED.sign)]))


NOTE = signed()


def test_the_published_example_verifies() -> None:
    key = notes.parse_key(EXAMPLE_KEY)
    assert str(key) == EXAMPLE_KEY
    assert open_note(EXAMPLE, [key]).text == "This is an example message.\n"
    assert str(open_note(EXAMPLE, [key])) == EXAMPLE


def test_a_checkpoint_comes_back_as_it_was_signed() -> None:
    assert checkpoints.parse(open_note(NOTE, [KEY]).text) == POINT
    with_extension = Checkpoint(origin=ORIGIN, size=3, root=POINT.root, extensions=("more",))
    assert checkpoints.parse(open_note(signed(with_extension.text()), [KEY]).text) == with_extension


def test_every_flipped_byte_of_a_note_is_found() -> None:
    raw = NOTE.encode()
    for place in range(len(raw)):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        with pytest.raises((NoteUnusable, UnicodeDecodeError)):
            open_note(bytes(flipped).decode(), [KEY])


def test_a_signature_has_one_spelling() -> None:
    last = ALPHABET.index(NOTE[-3])
    for spare in range(1, 4):
        with pytest.raises(NoteUnusable):
            open_note(f"{NOTE[:-3]}{ALPHABET[last ^ spare]}=\n", [KEY])


def test_a_note_may_carry_signatures_of_keys_that_nobody_knows() -> None:
    stranger = "\u2014 witness.example AAAAAAAA\n"
    assert open_note(NOTE + stranger, [KEY]).text == open_note(NOTE, [KEY]).text
    assert open_note(NOTE.replace("\n\n", f"\n\n{stranger}"), [KEY])


def test_one_false_signature_of_a_known_key_spoils_the_note() -> None:
    other = notes.sign("something else\n", KEY, SEED.sign)
    with pytest.raises(NoteUnusable, match="does not belong"):
        open_note(f"{NOTE}{other}", [KEY])


def test_both_signatures_of_a_handover_count() -> None:
    other = Ed25519PrivateKey.generate()
    new = VerifierKey(ORIGIN, other.public_key().public_bytes_raw())
    both = f"{NOTE}{notes.sign(POINT.text(), new, other.sign)}"
    opened = open_note(both, [KEY, new])
    assert notes.verified(opened, [KEY, new]) == [KEY, new]
    assert open_note(both, [new])


@pytest.mark.parametrize("keys", [[], [VerifierKey(ORIGIN, bytes(32))], [WITNESS]])
def test_a_note_of_no_trusted_key_is_refused(keys: list[VerifierKey]) -> None:
    with pytest.raises(NoteUnusable, match="not signed by a trusted key"):
        open_note(NOTE, keys)


@pytest.mark.parametrize(
    "note",
    [
        "", "\n\n", "a\n\nb\n", NOTE[:-1], NOTE.split("\n\n")[0], NOTE.replace("\n", "\r\n"),
        f"{NOTE}\n", NOTE.replace("3\n", "3\t\n"), "x" * notes.LARGEST + NOTE,
        NOTE + "\u2014 w AAAAAAAA\n" * 64, NOTE.replace("\u2014 ", "- "),
        NOTE.replace("\u2014 ", "\u2014  "), f"{NOTE}\u2014 w AAAA\n",
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(NoteUnusable):
        open_note(note, [KEY])


@pytest.mark.parametrize(
    "text", ["", "a+b", "name+00000000+AAAA", str(KEY)[:-4], str(KEY) + "AAAA", f"a {KEY}"]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(NoteUnusable):
        notes.parse_key(text)


# Cosignatures


def test_a_witness_states_when_it_saw_the_checkpoint() -> None:
    line = notes.cosign(POINT.text(), WITNESS, SEED.sign, time=1_764_000_000)
    assert line.time == 1_764_000_000
    opened = open_note(f"{NOTE}{line}", [KEY, WITNESS])
    assert notes.verified(opened, [KEY, WITNESS]) == [KEY, WITNESS]
    assert notes.parse_key(str(WITNESS)) == WITNESS


def test_another_time_is_another_cosignature() -> None:
    line = notes.cosign(POINT.text(), WITNESS, SEED.sign, time=1_764_000_000)
    later = notes.Signature(
        line.name, line.key_id, (1_764_000_001).to_bytes(8, "big") + line.raw[8:]
    )
    assert notes.is_valid(POINT.text(), line, WITNESS)
    assert not notes.is_valid(POINT.text(), later, WITNESS)
    assert not notes.is_valid(POINT.text(), notes.sign(POINT.text(), WITNESS, SEED.sign), WITNESS)


# Checkpoints


@pytest.mark.parametrize(
    "lines",
    [
        [ORIGIN, "3"],
        [ORIGIN, "03", "A" * 43 + "="],
        [ORIGIN, "-1", "A" * 43 + "="],
        [ORIGIN, "3", "A" * 42 + "B="],
        [ORIGIN, "3", "AAAA"],
        [ORIGIN, "3", "not base64"],
        ["", "3", "A" * 43 + "="],
        [ORIGIN, "0", "A" * 43 + "="],
        [ORIGIN, "3", "A" * 43 + "=", "", "more"],
    ],
)
def test_what_is_no_checkpoint_is_refused_even_signed(lines: list[str]) -> None:
    note = open_note(signed("".join(f"{line}\n" for line in lines)), [KEY])
    with pytest.raises(NoteUnusable):
        checkpoints.parse(note.text)


# Proof files


PROOF = Inclusion(index=2, hashes=[bytes([n]) * 32 for n in range(2)], note=NOTE)
GROWTH = Consistency(old=2, hashes=[bytes([n]) * 32 for n in range(3)], note=NOTE)


def test_proof_files_come_back_as_they_were_written() -> None:
    assert str(PROOF).startswith("c2sp.org/tlog-proof@v1\nindex 2\nAAAA")
    assert checkpoints.parse_inclusion(str(PROOF)) == PROOF
    assert str(GROWTH).startswith("old 2\nAAAA")
    assert checkpoints.parse_consistency(str(GROWTH)) == GROWTH


def test_extra_data_in_a_proof_is_passed_over() -> None:
    text = str(PROOF).replace("index", "extra AAAA\nindex", 1)
    assert checkpoints.parse_inclusion(text) == PROOF


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("@v1", "@v2"), ("index 2", "index 02"), ("index 2", "index -2"), ("index 2\n", ""),
        ("AAA=\n", "AAB=\n"), ("AAA=\n", "AAA\n"), ("\n\n", "\n"), ("index", "indes"),
    ],
)  # fmt: skip
def test_what_is_no_proof_file_is_refused(old: str, new: str) -> None:
    with pytest.raises(ProofUnusable):
        checkpoints.parse_inclusion(str(PROOF).replace(old, new, 1))
    with pytest.raises(ProofUnusable):
        checkpoints.parse_consistency(str(PROOF))


# Checkpoints of the first form, which listed the heads


FORMER: str = VECTORS["former"]["note"]
FORMER_KEY = notes.parse_key(VECTORS["former"]["verifier_key"])


def reworded(change) -> str:  # type: ignore[no-untyped-def]
    """The former note with other lines, signed by the right key all the same."""
    lines = change(FORMER.split("\n\n")[0].split("\n"))
    text = "".join(f"{line}\n" for line in lines)
    named = VerifierKey(lines[0], KEY.public)
    return str(Note(text, [notes.sign(text, named, SEED.sign)]))


def test_former_checkpoints_are_still_read() -> None:
    point = heads.open_heads(FORMER, [FORMER_KEY])
    assert heads.is_heads_note(FORMER)
    assert not heads.is_heads_note(NOTE)
    assert set(point.heads) == {stream["name"] for stream in VECTORS["streams"]}
    assert heads.open_heads(FORMER, [KEY]) == point


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0], "3", *lines[2:]],
        lambda lines: [*lines[:2], "A" * 43 + "=", *lines[3:]],
        lambda lines: [*lines[:3], "at noon", *lines[4:]],
        lambda lines: [*lines[:4], lines[5], lines[4]],
        lambda lines: lines[:5],
        lambda lines: [*lines, lines[-1]],
        lambda lines: [*lines[:4], lines[4].replace(",", ", "), lines[5]],
        lambda lines: [*lines[:4], "[]", lines[5]],
        lambda lines: [*lines[:4], "7", lines[5]],
        lambda lines: [*lines[:4], '["firm",1,"00"]', lines[5]],
        lambda lines: lines[:2],
    ],
    ids=[
        "size", "root", "time", "order", "a head less", "a head twice", "spelling",
        "empty head", "number", "short hash", "no root",
    ],
)  # fmt: skip
def test_a_former_checkpoint_that_contradicts_itself_is_refused(change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(NoteUnusable):
        heads.open_heads(reworded(change), [FORMER_KEY])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak", "a\u2028b"])
def test_a_ledger_needs_a_plain_name(name: str) -> None:
    assert not checkpoints.is_origin(name)
