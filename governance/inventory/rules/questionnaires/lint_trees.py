"""What no schema can say of a tree: walks that end, outcomes that exist, a plan that holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from governance.core.errors import Problem
from governance.core.places import problem
from governance.inventory.rules.questionnaires.facts import TREE_FIELDS
from governance.inventory.rules.questionnaires.lint import Place, twice, unknown
from governance.inventory.rules.questionnaires.trees import END, YES

Content = Mapping[str, Any]
BRANCHES = ("yes", "no")


@dataclass(frozen=True, kw_only=True)
class _Track:
    """A track, and everything that it can give."""

    place: Place
    entry: Content
    gives: tuple[str, ...]

    @property
    def mode(self) -> str:
        return str(self.entry["mode"])


def problems(content: Content) -> Iterator[Problem]:
    """Say what contradicts itself in a tree that fits the schema."""
    tracks = {entry["id"]: _track(index, entry) for index, entry in enumerate(content["tracks"])}
    outcomes = [one["id"] for one in content["outcomes"]]
    yield from _names(content)
    for track in tracks.values():
        if track.mode == "walk":
            yield from _walk(track, outcomes)
    yield from _steps(content["plan"], tracks, outcomes)
    yield from _table(content["plan"], tracks, outcomes)
    yield from _duties(content, tracks)


def _track(index: int, entry: Content) -> _Track:
    return _Track(place=("tracks", index), entry=entry, gives=tuple(dict.fromkeys(_gives(entry))))


def _gives(entry: Content) -> Iterator[str]:
    if entry["mode"] == "single":
        yield YES
    for node in entry.get("nodes", ()):
        yield from (node[key]["outcome"] for key in BRANCHES if "outcome" in node[key])
    for item in entry.get("items", ()) if entry["mode"] == "collect" else ():
        yield item["match"]
        yield from (one["then"] for one in item.get("exceptions", ()) if "then" in one)


def _names(content: Content) -> Iterator[Problem]:
    yield from twice(_questions(content))
    for name in ("tracks", "outcomes", "test_cases"):
        entries = enumerate(content[name])
        yield from twice(((name, index, "id"), one["id"]) for index, one in entries)


def _questions(content: Content) -> Iterator[tuple[Place, str]]:
    for index, track in enumerate(content["tracks"]):
        for number, node in enumerate(track.get("nodes", ())):
            yield ("tracks", index, "nodes", number, "id"), node["id"]
        for number, item in enumerate(track.get("items", ())):
            place: Place = ("tracks", index, "items", number)
            yield (*place, "id"), item["id"]
            for third, one in enumerate(item.get("exceptions", ())):
                yield (*place, "exceptions", third, "id"), one["id"]


def _walk(track: _Track, outcomes: list[str]) -> Iterator[Problem]:
    nodes = {node["id"]: node for node in track.entry["nodes"]}
    found = list(unknown((*track.place, "start"), track.entry["start"], nodes, noun="node"))
    for index, node in enumerate(track.entry["nodes"]):
        place: Place = (*track.place, "nodes", index)
        if node["id"] == END:
            yield problem((*place, "id"), "reserved", f"{END} leaves a track; name the node else.")
        for key in BRANCHES:
            branch = node[key]
            if "goto" in branch:
                there = [*nodes, END]
                found += unknown((*place, key, "goto"), branch["goto"], there, noun="node")
            else:
                at = (*place, key, "outcome")
                found += unknown(at, branch["outcome"], outcomes, noun="outcome")
    yield from found
    if not found:
        yield from _ways(track, nodes)


def _ways(track: _Track, nodes: Mapping[str, Content]) -> Iterator[Problem]:
    """Follow every way from the start: none comes back, and every node lies on one.

    Nodes are taken off that nothing leads to any more; what is left then stands in a circle.
    """
    ahead = {key: [node[one].get("goto", END) for one in BRANCHES] for key, node in nodes.items()}
    reached, left = _reached(track.entry["start"], ahead), set(nodes)
    while free := left - {goto for key in left for goto in ahead[key]}:
        left -= free
    for index, node in enumerate(track.entry["nodes"]):
        place: Place = (*track.place, "nodes", index)
        circling = [one for one in BRANCHES if node[one].get("goto") in left]
        if node["id"] in left and circling:
            said = f"From {node['id']} a way leads back to where it came from. A walk has to end."
            yield problem((*place, circling[0], "goto"), "cycle", said)
        if node["id"] not in reached:
            said = f"No way leads to {node['id']}. Let one go there, or take it out."
            yield problem((*place, "id"), "reachable", said)


def _reached(start: str, ahead: Mapping[str, list[str]]) -> set[str]:
    reached, queue = {END}, [start]
    while queue:
        key = queue.pop()
        if key not in reached:
            reached.add(key)
            queue += ahead[key]
    return reached


def _steps(plan: Content, tracks: Mapping[str, _Track], outcomes: list[str]) -> Iterator[Problem]:
    before: dict[str, _Track] = {}
    fields: dict[str, str] = {}
    yield from unknown(("plan", "incomplete"), plan["incomplete"], outcomes, noun="outcome")
    named = ((("plan", "steps", i, "track"), step["track"]) for i, step in enumerate(plan["steps"]))
    yield from twice(named)
    for index, step in enumerate(plan["steps"]):
        place: Place = ("plan", "steps", index)
        yield from _given((*place, "when"), step.get("when", {}), before)
        if track := tracks.get(step["track"]):
            yield from _into((*place, "into"), step.get("into", ""), track, fields)
            yield from _ending(place, step, track, outcomes)
            before[step["track"]] = track
        else:
            yield from unknown((*place, "track"), step["track"], tracks, noun="track")
    run = {step["track"] for step in plan["steps"]}
    for name, track in tracks.items():
        if name not in run:
            said = f"No step of the plan runs the track {name}."
            yield problem((*track.place, "id"), "used", said)


def _into(place: Place, into: str, track: _Track, fields: dict[str, str]) -> Iterator[Problem]:
    """A field holds the matches of several tracks, or the outcome of one."""
    if not into:
        return
    if into in TREE_FIELDS:
        yield problem(place, "reserved", f"Every result has {into} already; name the field else.")
    if track.mode == "single":
        yield problem(place, "mode", "A single question gives no match that a field could hold.")
    if into in fields and (fields[into], track.mode) != ("collect", "collect"):
        yield problem(place, "unique", f"{into} is taken. Only matches of tracks add up.")
    fields.setdefault(into, track.mode)


def _ending(place: Place, step: Content, track: _Track, outcomes: list[str]) -> Iterator[Problem]:
    ends, outcome = step.get("ends_run"), step.get("outcome")
    if (ends == "outcome" and track.mode != "walk") or (ends == "match" and track.mode == "walk"):
        said = "A walk ends a run by its outcome, any other track by a match."
        yield problem((*place, "ends_run"), "mode", said)
    if (ends == "match") != (outcome is not None):
        said = "A step that a match ends, and no other, says with which outcome."
        yield problem((*place, "outcome"), "ends_run", said)
    elif outcome is not None:
        yield from unknown((*place, "outcome"), outcome, outcomes, noun="outcome")


def _given(place: Place, when: Content, tracks: Mapping[str, _Track]) -> Iterator[Problem]:
    """A condition asks for what an earlier track can give."""
    for key, asked in when.items():
        yield from unknown((*place, key), key, tracks, noun="earlier track")
        for index, value in enumerate(asked if isinstance(asked, list) else ()):
            if key in tracks:
                at = (*place, key, index)
                yield from unknown(at, value, tracks[key].gives, noun=f"result of {key}")


def _table(plan: Content, tracks: Mapping[str, _Track], outcomes: list[str]) -> Iterator[Problem]:
    named = [step["track"] for step in plan["steps"]]
    run = {key: tracks[key] for key in named if key in tracks}
    rows = plan["outcome"]
    for index, row in enumerate(rows):
        place: Place = ("plan", "outcome", index)
        yield from _given((*place, "when"), row.get("when", {}), run)
        yield from unknown((*place, "outcome"), row["outcome"], outcomes, noun="outcome")
        is_last = index == len(rows) - 1
        if is_last and "when" in row:
            said = "The last row has no conditions, so that every run has an outcome."
            yield problem((*place, "when"), "total", said)
        if not is_last and "when" not in row:
            yield problem(place, "reachable", "It holds always, so the rows below never apply.")


def _duties(content: Content, tracks: Mapping[str, _Track]) -> Iterator[Problem]:
    shared = content.get("duties", {})
    fields: dict[str, list[str]] = {}
    for step in content["plan"]["steps"]:
        if "into" in step and step["track"] in tracks:
            fields.setdefault(step["into"], []).extend(tracks[step["track"]].gives)
    for name, duties in shared.items():
        yield from _obligations(("duties", name), duties, fields)
    for index, outcome in enumerate(content["outcomes"]):
        place: Place = ("outcomes", index)
        for number, name in enumerate(outcome.get("also", ())):
            yield from unknown((*place, "also", number), name, shared, noun="list of duties")
        yield from _obligations((*place, "obligations"), outcome["obligations"], fields)


def _obligations(
    place: Place, duties: Iterable[Content], fields: Mapping[str, list[str]]
) -> Iterator[Problem]:
    for index, duty in enumerate(duties):
        at: Place = (*place, index)
        for key in ("from", "placed_before", "placed_from"):
            if key in duty and not _is_day(duty[key]):
                yield problem((*at, key), "date", f"{duty[key]} is no day of the calendar.")
        for key, values in duty.get("when", {}).items():
            yield from unknown((*at, "when", key), key, fields, noun="field of the result")
            for number, value in enumerate(values if key in fields else ()):
                known = fields[key]
                yield from unknown((*at, "when", key, number), value, known, noun=f"value of {key}")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
