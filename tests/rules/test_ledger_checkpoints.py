"""The signed note: strict to read, exact to print."""

from __future__ import annotations

import string

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from governance.audit.checkpoints import (
    CheckpointUnusable,
    open_note,
    origin_of,
    parse_key,
    sign,
    verifier_key,
)
from tests.rules.test_ledger_format import VECTORS

NOTE: str = VECTORS["checkpoint"]["note"]
KEY = parse_key(VECTORS["checkpoint"]["verifier_key"])
ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
SEED = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTORS["checkpoint"]["seed"]))


def resigned(text: str) -> str:
    """Sign whatever text with the right key, as a careless or lying signer could."""
    signed = sign(open_note(NOTE, KEY), SEED).split("\n\n")[1]
    signer = signed.split(" ")[1]
    point = open_note(NOTE, KEY)

    class Given(type(point)):  # type: ignore[misc]
        def text(self) -> str:
            return text

    return sign(Given(origin=signer, at=point.at, heads=point.heads), SEED)


def test_our_note_is_that_of_the_format() -> None:
    point = open_note(NOTE, KEY)
    assert sign(point, SEED) == NOTE
    assert str(verifier_key(point.origin, SEED)) == VECTORS["checkpoint"]["verifier_key"]


def test_every_flipped_byte_of_a_note_is_found() -> None:
    raw = NOTE.encode()
    for place in range(len(raw)):
        flipped = bytearray(raw)
        flipped[place] ^= 1
        with pytest.raises((CheckpointUnusable, UnicodeDecodeError)):
            open_note(bytes(flipped).decode(), KEY)


def test_a_signature_has_one_spelling() -> None:
    last = ALPHABET.index(NOTE[-3])
    for spare in range(1, 4):
        with pytest.raises(CheckpointUnusable):
            open_note(f"{NOTE[:-3]}{ALPHABET[last ^ spare]}=\n", KEY)


def test_a_note_may_carry_other_signatures_too() -> None:
    witness = "\u2014 witness.example AAAAAAAA\n"
    assert open_note(NOTE + witness, KEY) == open_note(NOTE, KEY)


def test_a_note_signed_by_another_key_is_refused() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(CheckpointUnusable, match="not signed"):
        open_note(sign(open_note(NOTE, KEY), other), KEY)


@pytest.mark.parametrize("note", ["", "\n\n", "a\n\nb\n", NOTE[:-1], NOTE.split("\n\n")[0]])
def test_what_is_no_note_is_refused(note: str) -> None:
    with pytest.raises(CheckpointUnusable):
        open_note(note, KEY)


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
def test_a_note_that_contradicts_itself_is_refused_even_signed(change) -> None:  # type: ignore[no-untyped-def]
    lines = NOTE.split("\n\n")[0].split("\n")
    with pytest.raises(CheckpointUnusable):
        open_note(resigned("\n".join(change(lines)) + "\n"), KEY)


@pytest.mark.parametrize(
    "text", ["", "a+b", "name+00000000+AAAA", str(KEY)[:-4], str(KEY) + "AAAA"]
)
def test_what_is_no_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(CheckpointUnusable):
        parse_key(text)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "line\nbreak"])
def test_a_ledger_needs_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="LEDGER_ORIGIN"):
        origin_of(name)
