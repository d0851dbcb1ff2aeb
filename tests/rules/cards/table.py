"""The table of round trips in docs/model-cards.md: `python -m tests.rules.cards.table` writes it.

Of the cards in `documents`, how many fields each format keeps, reports and loses. Each is written
with nothing carried, read again, and compared: lost is what neither is there nor in the report.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from governance.cards.formats import FORMATS, read_card, write_card
from governance.cards.formats.accounting import account_of, lost, size
from governance.cards.rules.model_card import ModelCard
from governance.core.places import place_of
from tests.rules.cards.documents import DOCUMENTS

DOCS = Path(__file__).parents[3] / "docs" / "model-cards.md"
BLOCK = re.compile(r"(?<=<!-- round trips -->\n).*?(?=<!-- end of round trips -->)", re.DOTALL)


def trip(card: ModelCard, target: str) -> Counter[str]:
    written = write_card(card, target, carry=False)
    ours = account_of(card)
    back = account_of(read_card(written.data, name=target).card)
    missing = {place_of(one.place) for one in lost(ours, back)}
    reported = {one.path for one in written.losses}
    return Counter(
        kept=size(ours) - len(missing),
        reported=len(missing & reported),
        lost=len(missing - reported),
    )


def trips(source: str, target: str) -> Counter[str]:
    cards = (read_card(data, name=source).card for data in DOCUMENTS[source].values())
    return sum((trip(card, target) for card in cards), Counter())


def lines() -> Iterator[str]:
    yield "| from \\ to | " + " | ".join(FORMATS) + " |"
    yield "|---" * (len(FORMATS) + 1) + "|"
    for source in FORMATS:
        counts = [trips(source, target) for target in FORMATS]
        cells = (f"{one['kept']} / {one['reported']} / {one['lost']}" for one in counts)
        yield f"| {source} | " + " | ".join(cells) + " |"


def with_table(text: str) -> str:
    table = "\n" + "\n".join(lines()) + "\n\n"
    return BLOCK.sub(lambda _: table, text)


if __name__ == "__main__":
    DOCS.write_text(with_table(DOCS.read_text()))
