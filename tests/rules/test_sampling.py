"""Drawing: the same for everybody, a subset, so many of each; properties and known answers."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.evidence.rules.populations.lists import Control, Told, compared, narrowed
from governance.evidence.rules.populations.sampling import (
    Allotment,
    Draw,
    Method,
    allotments,
    draw_problems,
    drawn_from,
    in_proportion,
    lowest,
    of_each,
    rank,
)

REFS = [f"finding:{number:08d}-0000-4000-8000-000000000000" for number in range(1, 13)]
SEEDS = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}\Z")
LISTS = st.lists(
    st.tuples(st.uuids().map(str), st.sampled_from(["HIGH", "LOW", "MEDIUM", ""])),
    min_size=1,
    max_size=60,
    unique_by=lambda row: row[0],
)


def rows_of(pairs: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"ref": ref, "severity": severity} for ref, severity in pairs]


def drawn(pairs: list[tuple[str, str]], method: Method, seed: str, size: int) -> list[str]:
    stratum = "" if method == Method.RANDOM else "severity"
    draw = Draw(method=method, seed=seed, size=size, stratum=stratum)
    return [one.ref for one in drawn_from(rows_of(pairs), draw)]


def test_a_known_answer() -> None:
    """Computed once with sha256sum; whoever changes the rule breaks samples that were drawn."""
    assert rank("417", REFS[0]) == (
        hashlib.sha256(b"417\0finding:00000001-0000-4000-8000-000000000000").hexdigest()
    )
    assert rank("417", REFS[0]).startswith("583b5b7313fd55d7")
    assert [REFS.index(ref) + 1 for ref in lowest(REFS, seed="417", size=4)] == [11, 2, 1, 9]


@pytest.mark.parametrize(
    ("counts", "size", "given"),
    [
        ({"a": 5, "b": 2, "c": 1}, 4, {"a": 3, "b": 1, "c": 0}),
        ({"a": 5, "b": 2, "c": 1}, 8, {"a": 5, "b": 2, "c": 1}),
        ({"a": 1, "b": 1, "c": 1}, 2, {"a": 1, "b": 1, "c": 0}),
        ({"a": 50, "b": 30, "c": 20}, 10, {"a": 5, "b": 3, "c": 2}),
        ({"a": 10, "b": 7, "c": 3}, 5, {"a": 2, "b": 2, "c": 1}),
        ({"": 3}, 2, {"": 2}),
    ],
)
def test_allotments_in_proportion(counts: dict[str, int], size: int, given: dict[str, int]) -> None:
    assert in_proportion(counts, size) == given


def test_allotments_of_each_stop_at_what_there_is() -> None:
    assert of_each({"a": 5, "b": 1}, 3) == {"a": 3, "b": 1}


def test_a_random_sample_is_of_one_stratum_without_a_name() -> None:
    draw = Draw(method=Method.RANDOM, seed="1", size=2)
    assert allotments(rows_of([("a", "HIGH"), ("b", "LOW"), ("c", "LOW")]), draw) == [
        Allotment(stratum="", count=3, drawn=2)
    ]


@given(LISTS, st.sampled_from(Method), SEEDS, st.data())
def test_a_sample_is_a_subset_of_the_right_size_and_the_same_for_everybody(
    pairs: list[tuple[str, str]], method: Method, seed: str, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(pairs)))
    found = drawn(pairs, method, seed, size)
    assert len(set(found)) == len(found)
    assert set(found) <= {ref for ref, _ in pairs}
    counts = Counter(severity for _, severity in pairs)
    total = sum(min(size, count) for count in counts.values())
    assert len(found) == (total if method == Method.PER_STRATUM else size)
    shuffled = data.draw(st.permutations(pairs))
    assert drawn(shuffled, method, seed, size) == found


@given(LISTS, SEEDS, st.data())
def test_strata_sum_up_and_get_their_share(
    pairs: list[tuple[str, str]], seed: str, data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(pairs)))
    draw = Draw(method=Method.PROPORTIONATE, seed=seed, size=size, stratum="severity")
    table = allotments(rows_of(pairs), draw)
    assert sum(part.count for part in table) == len(pairs)
    assert sum(part.drawn for part in table) == size
    for part in table:
        exact = size * part.count / len(pairs)
        assert abs(part.drawn - exact) < 1
        assert part.drawn <= part.count
    of = dict(pairs)
    found = Counter(of[ref] for ref in drawn(pairs, Method.PROPORTIONATE, seed, size))
    assert found == Counter({p.stratum: p.drawn for p in table if p.drawn})


@given(LISTS, SEEDS, st.data())
def test_a_larger_sample_holds_the_smaller(
    pairs: list[tuple[str, str]], seed: str, data: st.DataObject
) -> None:
    """Whoever has to extend a sample keeps what they have looked at."""
    small = data.draw(st.integers(1, len(pairs)))
    large = data.draw(st.integers(small, len(pairs)))
    first = drawn(pairs, Method.RANDOM, seed, small)
    assert drawn(pairs, Method.RANDOM, seed, large)[:small] == first


def test_every_row_is_drawn_by_some_seed_and_none_by_all() -> None:
    seen = [set(lowest(REFS, seed=str(number), size=3)) for number in range(60)]
    assert set.union(*seen) == set(REFS)
    assert set.intersection(*seen) == set()


def test_what_is_wrong_with_a_draw_is_all_said_at_once() -> None:
    draw = Draw(method=Method.RANDOM, seed="é", size=-1, stratum="x")
    found = draw_problems(draw, count=5, strata=["severity"])
    assert [problem.field for problem in found] == ["seed", "size", "stratum"]


# --- lists ---------------------------------------------------------------------------------------


def test_a_list_is_narrowed_by_equal_values() -> None:
    rows = rows_of([("a", "HIGH"), ("b", "LOW")])
    assert narrowed(rows, {"severity": "LOW"}) == [{"ref": "b", "severity": "LOW"}]
    assert narrowed(rows, {}) == rows


def test_each_kind_of_difference_is_told_apart() -> None:
    rows = {"a": {"1"}, "b": {"2", "3"}, "c": {"4"}}
    told = {"a": Told("e1", "1"), "b": Told("e1", "9"), "d": Told("e2", "5")}
    found = compared(rows, told, entries=2)
    assert found == Control(rows=3, entries=2, told=3, gone=["d"], untold=["c"], altered=["b"])
    assert found.differences == 3
