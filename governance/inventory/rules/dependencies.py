"""Which model feeds which: nothing feeds itself, directly or through others."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from governance.core.errors import NotFound, Problem, WrongState
from governance.core.typed import is_plain

MAX_FLOWS = 500
MAX_DISTANCE = 50
"""How many steps a walk takes: no chain of models of a firm is as long."""


class DependencyNotFound(NotFound):
    code = "dependency_not_found"


class DependencyEnded(WrongState):
    code = "dependency_ended"


class Edge(NamedTuple):
    """That one model feeds another; `distance` is in steps, from where a walk began."""

    feeder: UUID
    consumer: UUID
    distance: int


def distances(edges: Iterable[Edge], *, start: UUID, downstream: bool) -> dict[UUID, int]:
    """Return how far each model is that a walk met, but the one it began at."""
    found: dict[UUID, int] = {}
    for edge in edges:
        met = edge.consumer if downstream else edge.feeder
        found[met] = min(edge.distance, found.get(met, edge.distance))
    found.pop(start, None)
    return found


def path_between(edges: Iterable[Edge], start: UUID, goal: UUID) -> Sequence[UUID]:
    """Return the shortest way from feeder to consumer with both ends; nothing if there is none."""
    consumers: defaultdict[UUID, list[UUID]] = defaultdict(list)
    for edge in edges:
        consumers[edge.feeder].append(edge.consumer)
    before: dict[UUID, UUID | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in before:
        here = waiting.popleft()
        for there in consumers[here]:
            if there not in before:
                before[there] = here
                waiting.append(there)
    return _traced(before, goal) if goal in before else ()


def _traced(before: dict[UUID, UUID | None], goal: UUID) -> list[UUID]:
    path, here = [goal], before[goal]
    while here is not None:
        path.append(here)
        here = before[here]
    return path[::-1]


def dependency_problems(flows: str, since_date: date, *, today: date) -> Iterable[Problem]:
    """Check what is said of a dependency: what flows, and since when."""
    if not flows.strip():
        message = "Say what flows from one model to the other."
        yield Problem(field="flows", rule="required", message=message)
    elif len(flows) > MAX_FLOWS or not is_plain(flows):
        message = f"Use at most {MAX_FLOWS} characters, and no control character."
        yield Problem(field="flows", rule="length", message=message)
    if since_date > today:
        message = "Enter today or an earlier day: what will flow is added once it does."
        yield Problem(field="since_date", rule="not_future", message=message)
