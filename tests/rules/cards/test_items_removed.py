"""Whatever is taken out of a card, its file stays readable and the report says what went along."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from governance.cards.formats import read_card, write_card
from governance.cards.formats.accounting import account_of, lost
from governance.cards.rules.model_card import ModelCard
from governance.core.places import place_of
from tests.rules.cards.documents import DOCUMENTS

LISTS = (
    *("parties", "licenses", "references", "datasets", "metrics", "quantities"),
    *("considerations", "figures", "extensions"),
)
FILES = [(name, key) for name in ("mct", "sagemaker") for key in DOCUMENTS[name]]


def without_one(card: ModelCard) -> Iterator[ModelCard]:
    for key in LISTS:
        items = getattr(card, key)
        for at in range(len(items)):
            changed: dict[str, Any] = {key: (*items[:at], *items[at + 1 :])}
            yield replace(card, **changed)
    for key in card.sections:
        yield replace(card, sections={k: v for k, v in card.sections.items() if k != key})


@pytest.mark.parametrize(("name", "key"), FILES)
def test_one_item_goes_and_the_others_stay(name: str, key: str) -> None:
    card = read_card(DOCUMENTS[name][key], name=name).card
    for edited in without_one(card):
        written = write_card(edited, name, carry=False)
        back = read_card(written.data, name=name).card
        missing = {place_of(one.place) for one in lost(account_of(edited), account_of(back))}
        assert missing == {one.path for one in written.losses}
        # What was kept may go with the item that it was a part of, and a picture of data that is
        # gone is of no data by name; nothing else is lost.
        others = {path for path in missing if not path.startswith("kept.")}
        assert others <= {"figures[1].section"}, edited
        again = {
            one.place[0]: one.value
            for one in lost(account_of(back), account_of(edited))
            if one.place[0] not in {"kept", "figures"}
        }
        assert again == {}
