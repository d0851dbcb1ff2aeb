"""Independence and the meaning of a signature."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, combinations

import pytest

from governance.inventory.rules import Capacity
from governance.validation.rules import (
    NotIndependent,
    Opinion,
    independence,
    require_independence,
    statement,
)

SINCE = datetime(2026, 5, 3, tzinfo=UTC)
CAPACITIES = list(
    chain.from_iterable(combinations(Capacity, size) for size in range(len(Capacity) + 1))
)


@pytest.mark.parametrize("registered", [False, True])
@pytest.mark.parametrize("held", CAPACITIES)
def test_whoever_had_a_part_is_refused(held: tuple[Capacity, ...], registered: bool) -> None:
    facts = independence(capacities=dict.fromkeys(held, SINCE), registered=registered)
    broken = [fact.rule for fact in facts if not fact.met]
    assert len(broken) == len(held) + registered
    if not broken:
        return require_independence(facts, who="Ada", what="sign", subject="s:1", stream="m")
    with pytest.raises(NotIndependent) as refused:
        require_independence(facts, who="Ada", what="sign", subject="s:1", stream="m")
    assert refused.value.facts["rules"] == broken
    return None


def test_a_refusal_says_since_when() -> None:
    facts = independence(capacities={Capacity.OWNER: SINCE}, registered=False)
    with pytest.raises(NotIndependent, match="Ada became owner of this model on 3 May 2026"):
        require_independence(facts, who="Ada", what="sign", subject="s:1", stream="m")


@pytest.mark.parametrize(
    ("opinion", "findings", "ending"),
    [
        (Opinion.FIT, 0, "find it fit for the stated use."),
        (Opinion.FIT, 1, "find it fit for the stated use, with 1 finding to close."),
        (Opinion.FIT_WITH_CONDITIONS, 2, "with conditions, with 2 findings to close."),
        (Opinion.NOT_FIT, 0, "find it not fit for the stated use."),
    ],
)
def test_the_statement_says_what_is_signed(opinion: Opinion, findings: int, ending: str) -> None:
    assert statement(opinion, findings).endswith(ending)
