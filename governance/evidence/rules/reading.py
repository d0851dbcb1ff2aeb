"""Reading evidence back: records by reference, texts by the record that points to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry of the ledger, parsed."""

    seq: int
    at: datetime
    verb: str
    actor: str
    subject: str
    facts: Mapping[str, Any]
    states: tuple[str, ...]
    hash: str
    previous: str


@dataclass(frozen=True)
class Held:
    """One record of the evidence. Columns that are empty are absent, and read as empty text."""

    ref: str
    fields: Mapping[str, Any]

    @property
    def key(self) -> str:
        return self.ref.partition(":")[2]

    def __getitem__(self, name: str) -> str:
        return str(self.fields.get(name, ""))

    def at(self, name: str) -> datetime | None:
        text = self[name]
        return datetime.fromisoformat(text) if text else None

    def date(self, name: str) -> date | None:
        text = self[name]
        return date.fromisoformat(text) if text else None

    def number(self, name: str) -> int:
        return int(self.fields.get(name, 0))


class Evidence:
    """What is attached to a pack, as its pages read it. The pages say nothing that is not here.

    Evidence of several models is read model by model: see `of_models`.
    """

    def __init__(self, text: str) -> None:
        self.document: dict[str, Any] = json.loads(text)
        streams: Sequence[Mapping[str, Any]] = self.document.get("streams", ())
        self._stream = streams[0] if len(streams) == 1 else {}
        self._hidden: frozenset[str] = frozenset()
        self.about: Mapping[str, Any] = self.document["about"] | self._said_of_stream

    def of_models(self) -> list[Evidence]:
        """Return one view for each model: its entries, its records, and what no stream holds."""
        streams = self.document.get("streams", ())
        # Read here, so that the views share it.
        return [self._of(one) for one in streams if "model" in one] if self._owners else []

    def of_streams(self) -> list[Evidence]:
        """Return one view for each stream, of a model or not: its entries."""
        return [self._of(one) for one in self.document.get("streams", ())]

    def without(self, hidden: frozenset[str], speaks: Callable[[Entry], bool]) -> Evidence:
        """Return a view without these records, and with those entries alone that `speaks` keeps.

        Which entry wrote a record, and what a column points to, is still found.
        """
        view = copy(self)
        view._hidden = self._hidden | hidden
        vars(view)["written_by"] = self.written_by
        vars(view)["entries"] = [entry for entry in self.entries if speaks(entry)]
        return view

    def _of(self, stream: Mapping[str, Any]) -> Evidence:
        view = copy(self)
        # What was computed of the whole is computed anew; what was parsed is shared.
        for name in ("entries", "written_by"):
            vars(view).pop(name, None)
        view._stream = stream
        view.about = self.document["about"] | view._said_of_stream
        return view

    @property
    def _said_of_stream(self) -> dict[str, Any]:
        large = ("ledger", "end", "proofs")
        return {key: value for key, value in self._stream.items() if key not in large}

    @cached_property
    def as_of(self) -> datetime:
        """The moment of which all of it is: that of the checkpoint, or of the newest entry."""
        return datetime.fromisoformat(self.about["as_of"])

    def all(self, kind: str) -> list[Held]:
        rows = self.document["records"].get(kind, [])
        return [Held(r["ref"], r["fields"]) for r in rows if self._is_ours(r["ref"])]

    def _is_ours(self, ref: str) -> bool:
        """Whether this model's entries speak of it, or no model's do, and it is to be printed."""
        if ref in self._hidden:
            return False
        if not self._stream:
            return True
        owners = self._owners.get(ref)
        return owners is None or self._stream["stream"] in owners

    @cached_property
    def _owners(self) -> dict[str, set[str]]:
        """For each record, the streams whose entries speak of it."""
        owners: dict[str, set[str]] = {}
        for stream in self.document.get("streams", ()):
            for ref in _spoken_of(stream):
                owners.setdefault(ref, set()).add(stream["stream"])
        return owners

    def in_order(self, kind: str) -> list[Held]:
        """The records of a kind in the order in which the ledger first speaks of them."""

        def place(held: Held) -> int:
            entry = self.written_by.get(held.ref)
            return entry.seq if entry else 0

        return sorted(self.all(kind), key=place)

    def get(self, kind: str, key: str) -> Held | None:
        """Return the record that a column points to, if the pack has it."""
        return self._by_ref.get(f"{kind}:{key}") if key else None

    @cached_property
    def _by_ref(self) -> dict[str, Held]:
        kinds = self.document["records"].values()
        return {r["ref"]: Held(r["ref"], r["fields"]) for rows in kinds for r in rows}

    @cached_property
    def _prose(self) -> dict[str, str]:
        return {p["ref"]: _said(p) for p in self.document["prose"]}

    def prose(self, held: Held, name: str) -> str:
        """Return the text that a column of the record points to, or when it was erased."""
        key = held[f"{name}_id"]
        return self._prose.get(f"prose:{key}", "") if key else ""

    def name(self, ref: str) -> str:
        """Return what somebody is called, or the reference itself."""
        kind, _, rest = ref.partition(":")
        if kind == "system":
            return f"the {rest}"
        return str(self.document["names"].get(ref, ref))

    def person(self, held: Held, column: str) -> str:
        """Return the name of the user that a column points to, or nothing."""
        return self.name(f"user:{held[column]}") if held[column] else ""

    @cached_property
    def entries(self) -> list[Entry]:
        return list(self._parse_entries())

    def _parse_entries(self) -> Iterator[Entry]:
        held = self._stream or self.document
        previous = held.get("previous", "0" * 64)
        for row in held.get("ledger", ()):
            body = json.loads(row["text"])
            yield Entry(
                seq=body["seq"],
                at=datetime.fromisoformat(body["at"]),
                verb=body["verb"],
                actor=body["actor"],
                subject=body["subject"],
                facts=body["facts"],
                states=tuple(ref for ref, _ in body["states"]),
                hash=row["hash"],
                previous=row.get("previous", previous),
            )
            previous = row["hash"]

    @cached_property
    def written_by(self) -> dict[str, Entry]:
        """For each record, the entry that first speaks of it."""
        first: dict[str, Entry] = {}
        for entry in self.entries:
            for ref in entry.states:
                first.setdefault(ref, entry)
        return first


def _spoken_of(stream: Mapping[str, Any]) -> set[str]:
    return {ref for row in stream["ledger"] for ref, _ in json.loads(row["text"])["states"]}


def checkpoint_lines(evidence: Evidence) -> list[str]:
    """Return the checkpoint that the evidence rests on, line by line as it is signed."""
    point = evidence.document["checkpoint"]
    return point["note"].splitlines() if point else []


def version_number(evidence: Evidence, held: Held) -> int:
    """Return the number of the version that a record is about, or 0."""
    version = evidence.get("version", held["version_id"])
    return version.number("number") if version else 0


def _said(prose: Mapping[str, str]) -> str:
    """What a text says; of an erased one, the day."""
    return prose["text"] if "text" in prose else f"[erased {prose['erased_at'][:10]}]"
