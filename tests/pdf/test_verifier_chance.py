"""Changes by chance, of the PDF, its attachment and the proofs: each is found, and where."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from governance.evidence.verify_pack import FAIL, verify
from tests.conftest import LONG
from tests.pdf.forging import Document, World, make_world, sealed
from tests.pdf.support import of_a_module

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
TRIES = 1000 if LONG else 60

Place = tuple[Any, Any]
"""A dictionary or list, and the key or index of a value in it."""


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with of_a_module(django_db_blocker):
        yield make_world(tmp_path_factory.mktemp("keys"))


def failed(data: bytes, **given: Any) -> set[str]:
    return {check.subject for check in verify(data, **given) if check.outcome == FAIL}


def scarred(data: bytes, chance: random.Random, begin: int, end: int) -> tuple[bytes, int]:
    """Flip, lose or repeat one byte between these places."""
    place = chance.randrange(begin, end)
    one = data[place : place + 1]
    changed = chance.choice([bytes([one[0] ^ 1 << chance.randrange(8)]), b"", one + one])
    return data[:place] + changed + data[place + 1 :], place


def test_of_the_pdf_every_byte_counts_for_who_has_its_digest(world: World) -> None:
    chance, pdf = random.Random(26), world.pack.pdf
    for _ in range(TRIES):
        data, place = scarred(pdf, chance, 0, len(pdf))
        assert "File" in failed(data, file_digest=world.pack.file_digest), place


def test_of_the_attachment_every_byte_counts_without_it(world: World) -> None:
    chance, pdf, evidence = random.Random(27), world.pack.pdf, world.pack.evidence
    begin = pdf.index(evidence)
    for _ in range(TRIES):
        data, place = scarred(pdf, chance, begin, begin + len(evidence))
        assert failed(data) & {"Form", "Content"}, place


def test_of_the_evidence_alone_every_byte_counts(world: World) -> None:
    chance, evidence = random.Random(28), world.evidence
    for _ in range(TRIES):
        data, place = scarred(evidence, chance, 0, len(evidence))
        assert failed(data) & {"Form", "Seal"}, place


def values_in(value: Any, holder: Any, key: Any) -> Iterator[Place]:
    """Every text and number in the value."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from values_in(inner, value, name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from values_in(inner, value, index)
    elif isinstance(value, str | int):
        yield holder, key


def change(place: Place, chance: random.Random) -> None:
    """Make another value of it: another letter, one more, one less, the opposite."""
    holder, key = place
    value = holder[key]
    if isinstance(value, bool):
        holder[key] = not value
    elif isinstance(value, int):
        holder[key] = value + chance.choice([-1, 1, 256])
    else:
        at = chance.randrange(len(value) + 1)
        letter = chance.choice([c for c in "0aZ+/= \n" if c != value[at : at + 1]])
        holder[key] = value[:at] + letter + value[at + chance.choice([0, 1]) :]


def proofs(d: Document) -> Iterator[Place]:
    member = {name: d["checkpoint"][name] for name in ("note", "statement", "proof", "keys")}
    for name, value in member.items():
        yield from values_in(value, d["checkpoint"], name)
    for stream in d["streams"]:
        yield from values_in(stream["end"], stream, "end")
        yield from values_in(stream["proofs"], stream, "proofs")


def entries_of_others(d: Document) -> Iterator[Place]:
    return values_in(d["entries"], d, "entries")


def handovers(d: Document) -> Iterator[Place]:
    return values_in(d["checkpoint"]["handovers"], d["checkpoint"], "handovers")


def growth(d: Document) -> Iterator[Place]:
    return values_in(d["checkpoint"]["since"], d["checkpoint"], "since")


def ledger(d: Document) -> Iterator[Place]:
    for stream in d["streams"]:
        yield from values_in(stream["ledger"], stream, "ledger")
        for name in ("head", "entries", "first", "previous", "stream"):
            yield stream, name


def records(d: Document) -> Iterator[Place]:
    return values_in(d["records"], d, "records")


def prose(d: Document) -> Iterator[Place]:
    for one in d["prose"]:
        yield from ((one, name) for name in ("digest", "salt", "text"))


STEPS: list[tuple[Callable[[Document], Iterator[Place]], set[str]]] = [
    (proofs, {"Checkpoint", "Signature", "End", "Inclusion"}),
    (entries_of_others, {"Inclusion"}),
    (handovers, {"Signature"}),
    (growth, {"Checkpoint", "Earlier checkpoint"}),
    (ledger, {"Ledger"}),
    (records, {"Records"}),
    (prose, {"Texts"}),
]


@pytest.mark.parametrize(("places", "steps"), STEPS, ids=lambda one: getattr(one, "__name__", ""))
def test_a_change_that_is_sealed_again_is_found_where_it_was_made(
    world: World, places: Callable[[Document], Iterator[Place]], steps: set[str]
) -> None:
    """By a reader who has last year's key and checkpoint."""
    chance = random.Random(29)
    for number in range(TRIES):
        document = json.loads(world.evidence)
        holder, key = chance.choice(list(places(document)))
        before = holder[key]
        change((holder, key), chance)
        if holder[key] == before:
            continue
        found = failed(sealed(document), keys=(world.old_key,), checkpoint=world.kept)
        assert found & steps, (number, key, before, holder[key])
