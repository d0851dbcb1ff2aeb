"""Ways through a graph of models, without a database."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from governance.inventory.rules.dependencies import (
    Edge,
    dependency_problems,
    distances,
    path_between,
)

A, B, C, D = (UUID(int=n) for n in range(1, 5))
DIAMOND = [Edge(A, B, 1), Edge(A, C, 1), Edge(B, D, 2), Edge(C, D, 2), Edge(D, B, 3)]
TODAY = date(2026, 3, 2)


def test_the_nearest_way_counts_and_the_start_does_not() -> None:
    assert distances(DIAMOND, start=A, downstream=True) == {B: 1, C: 1, D: 2}
    assert distances([Edge(A, B, 1), Edge(B, A, 2)], start=A, downstream=True) == {B: 1}
    assert distances([Edge(A, D, 1), Edge(B, A, 2)], start=D, downstream=False) == {A: 1, B: 2}


@pytest.mark.parametrize(
    ("start", "goal", "way"),
    [(A, D, [A, B, D]), (A, B, [A, B]), (C, B, [C, D, B]), (D, A, ()), (A, A, [A])],
)
def test_the_shortest_way_is_named_from_end_to_end(start: UUID, goal: UUID, way: object) -> None:
    assert path_between(DIAMOND, start, goal) == way


@pytest.mark.parametrize(
    ("flows", "since", "rules"),
    [
        ("Scores.", TODAY, []),
        (" ", TODAY, [("flows", "required")]),
        ("s" * 501, TODAY, [("flows", "length")]),
        ("\x00", TODAY, [("flows", "length")]),
        ("Scores.", date(2026, 3, 3), [("since_date", "not_future")]),
    ],
)
def test_what_is_said_of_a_dependency(flows: str, since: date, rules: object) -> None:
    found = dependency_problems(flows, since, today=TODAY)
    assert [(problem.field, problem.rule) for problem in found] == rules
