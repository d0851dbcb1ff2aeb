"""Who typed the numbers of a card, by name, for whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from governance.accounts.models import User
from governance.cards.rules.model_card import ModelCard, with_typists

_TYPIST = re.compile(r"user:([0-9a-f-]{36})")


def named(card: ModelCard) -> ModelCard:
    """Return the card with people's names where it refers to who typed a number."""
    return with_typists(card, names_of(typists(card)))


def typists(card: ModelCard) -> frozenset[str]:
    """Return the references to all who typed a number of the card."""
    numbers = [
        *(one.value for one in card.metrics),
        *(
            end
            for one in card.metrics
            if one.interval
            for end in (one.interval.lower, one.interval.upper)
        ),
        *(one.value for one in card.quantities),
        *(one.rows for one in card.datasets),
    ]
    return frozenset(one.provenance.typed_by for one in numbers if one and one.provenance.typed_by)


def names_of(refs: Iterable[str]) -> Mapping[str, str]:
    """Return the name of each person that is referred to, in one query; none for no reference."""
    keys = [found[1] for ref in refs if (found := _TYPIST.fullmatch(ref))]
    people = User.objects.filter(pk__in=keys) if keys else ()
    return {person.ref: person.name for person in people}
