"""Real cards that nobody here wrote: each comes back whole, and no export loses a field silently.

A format adds its folder to `FOLDERS`, and to `SAID` how an independent reader finds what a file
says. The files are read where they are.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from lxml import etree

from governance.cards.formats import FORMATS, Rule, read_card, write_card
from governance.cards.formats.accounting import account_of
from governance.cards.formats.front_matter import front_matter_of
from governance.cards.formats.headings import model_name_of, plain_title, section_of
from governance.cards.formats.trees import dumped
from governance.cards.rules.model_card import ModelCard
from tests.rules.cards.test_round_trips import assert_accounted

pytestmark = pytest.mark.samples

FOLDERS = {
    "cyclonedx": ("cyclonedx",),
    "huggingface": ("huggingface", "markdown"),
    "markdown": ("huggingface", "markdown"),
    "model-card-toolkit": ("mct",),
    "sagemaker": ("sagemaker",),
    "spdx": ("spdx",),
}
"""Which formats the files of a folder are of: a card of the Hub may have no metadata."""

CARDS = Path(os.environ.get("SAMPLES_DIR", "")) / "cards"
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (CARDS / folder).glob("*")
    if os.environ.get("SAMPLES_DIR")
    if not path.name.startswith("SCHEMA")
    if path.suffix != ".ipynb"
)
EACH = pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)


def test_there_are_files_of_each_format() -> None:
    assert {path.parent.name for path in FILES} == set(FOLDERS)


@EACH
def test_it_is_read_as_what_it_is(path: Path) -> None:
    reading = read_card(path.read_bytes(), filename=path.name)
    assert reading.format in FOLDERS[path.parent.name]
    assert all(one.message and one.field for one in reading.warnings)


@EACH
def test_everything_that_it_says_is_in_the_card(path: Path) -> None:
    reading = read_card(path.read_bytes(), filename=path.name)
    card = " ".join(words_of(reading.card))
    missing = [one for one in SAID[reading.format](path.read_bytes()) if squeezed(one) not in card]
    assert missing == []


@EACH
def test_it_comes_back_byte_for_byte(path: Path) -> None:
    data = path.read_bytes()
    reading = read_card(data, filename=path.name)
    written = write_card(reading.card, reading.format)
    assert (written.data, written.losses) == (data, ())


@EACH
def test_it_comes_back_from_our_own_json(path: Path) -> None:
    data = path.read_bytes()
    reading = read_card(data, filename=path.name)
    back = read_card(write_card(reading.card, "countersign").data).card
    assert back == reading.card
    assert write_card(back, reading.format).data == data


@EACH
@pytest.mark.parametrize("target", sorted(FORMATS))
def test_what_another_format_cannot_hold_is_in_the_report(path: Path, target: str) -> None:
    card = read_card(path.read_bytes(), filename=path.name).card
    assert_accounted(card, target)
    if FORMATS[target].carries:
        written = write_card(card, target)
        back = account_of(read_card(written.data, name=target).card)
        if {one.rule for one in written.losses} <= {Rule.CARRIED}:
            assert back == account_of(card)


OTHERS: dict[str, tuple[str, set[str]]] = {
    "mct": ("model-card-toolkit/SCHEMA-mct-v0.0.2.json", set()),
    "sagemaker": (
        "sagemaker/SCHEMA-sagemaker-model-card.json",
        {"model_name", "model_version", "model_id", "inference_environment"},
    ),
}
"""The schemas of others, and what is in the newer ones of theirs: a card that is no package."""


@EACH
@pytest.mark.parametrize("target", sorted(OTHERS))
def test_a_new_file_is_one_by_the_schema_of_its_makers(path: Path, target: str) -> None:
    card = replace(read_card(path.read_bytes(), filename=path.name).card, sources=(), kept=())
    tree = json.loads(write_card(card, target).data)
    schema, newer = OTHERS[target]
    overview = tree.get("model_overview", {})
    for key in newer & overview.keys():
        del overview[key]
    validator = jsonschema.Draft7Validator(json.loads((CARDS / schema).read_text()))
    assert [error.message for error in validator.iter_errors(tree)] == []


# --- what a file says, found by other code -------------------------------------------------------


def squeezed(text: str) -> str:
    return " ".join(text.split())


def words_of(card: ModelCard) -> Iterator[str]:
    """Every text of the card, those of the kept parts as they stood in their file."""

    def texts(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, one in value.items():
                yield from (str(key), *texts(one))
        elif isinstance(value, list):
            for one in value:
                yield from texts(one)
        elif value is not None:
            yield squeezed(str(value))

    yield from texts(card.body())
    for one in card.kept:
        yield from texts(yaml.load(one.json, Loader=yaml.BaseLoader))
        yield squeezed(one.json)


def body_lines(text: str) -> Iterator[str]:
    """Every line but the headings that name a section or the model, which the card has as such."""
    for line in text.splitlines():
        heading = re.fullmatch(r"\s{0,3}#{1,6}\s+(.*?)\s*#*", line)
        title = heading[1] if heading else ""
        if title and (section_of(title) or not plain_title(title)):
            continue
        yield model_name_of(title) if title else line


def scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for one in value.values():
            yield from scalars(one)
    elif isinstance(value, list):
        for one in value:
            yield from scalars(one)
    elif value not in (None, ""):
        yield str(value)


def said_by_hub_card(data: bytes) -> list[str]:
    front = front_matter_of(data.decode())
    if not front.there:
        return list(scalars(yaml.load(data, Loader=yaml.BaseLoader)))
    try:
        head = list(scalars(yaml.load(front.yaml, Loader=yaml.BaseLoader)))
    except yaml.YAMLError:
        head = [dumped(line)[1:-1] for line in front.yaml.splitlines()]
    return [*head, *body_lines(front.body)]


def said_by_markdown(data: bytes) -> list[str]:
    return list(body_lines(data.decode()))


def said_by_toolkit(data: bytes) -> list[str]:
    """Every text; of a picture the digest, or the text where it is none."""
    text = data.decode()
    if not text.lstrip().startswith("{"):
        return re.findall(r'"([^"]*)"', text)
    tree = json.loads(text, parse_float=str, parse_int=str)
    del tree["schema_version"]
    return [pictured(one) for one in scalars(tree)]


def said_by_sagemaker(data: bytes) -> list[str]:
    """Every text and number; that a number is one, the card need not say."""
    texts = scalars(json.loads(data, parse_float=str, parse_int=str))
    return [one for one in texts if one != "number"]


def pictured(text: str) -> str:
    if not text.startswith("iVBOR"):
        return text
    return hashlib.sha256(base64.b64decode(text + "=" * (-len(text) % 4))).hexdigest()


def said_by_cyclonedx(data: bytes) -> list[str]:
    """All but the marks of the format, and but pictures, which the card has by digest."""
    if not data.lstrip().startswith(b"<"):
        tree = json.loads(data, parse_float=str, parse_int=str)
        marks = {"bomFormat", "specVersion", "$schema"}
        said = scalars({key: one for key, one in tree.items() if key not in marks})
    else:
        nodes = [one for one in etree.fromstring(data).iter() if isinstance(one.tag, str)]
        said = (text for one in nodes for text in (one.text or "", *one.attrib.values()))
    is_picture = re.compile(r"[A-Za-z0-9+/=]{1000,}|base64")
    kinds = {"machine-learning-model", "dataset"}
    return [one for one in said if one not in kinds and not is_picture.fullmatch(one)]


def said_by_spdx(data: bytes) -> list[str]:
    """All but the context and the kinds of those parts that the card has as such."""
    text = re.sub(r"(?<=: )(true|false)\b", r'"\1"', data.decode())
    graph = json.loads(text, parse_float=str, parse_int=str)["@graph"]
    return [one for one in scalars(graph) if one != "DictionaryEntry"]


SAID: dict[str, Callable[[bytes], list[str]]] = {
    "cyclonedx": said_by_cyclonedx,
    "huggingface": said_by_hub_card,
    "markdown": said_by_markdown,
    "mct": said_by_toolkit,
    "sagemaker": said_by_sagemaker,
    "spdx": said_by_spdx,
}
