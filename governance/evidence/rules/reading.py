"""Reading evidence back: records by reference, texts by the record that points to them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
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
    """What is attached to a pack, as its pages read it. The pages say nothing that is not here."""

    def __init__(self, text: str) -> None:
        self.document: dict[str, Any] = json.loads(text)
        self.about: Mapping[str, Any] = self.document["about"]

    def all(self, kind: str) -> list[Held]:
        return [Held(r["ref"], r["fields"]) for r in self.document["records"].get(kind, [])]

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
        return {held.ref: held for kind in self.document["records"] for held in self.all(kind)}

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
        previous = "0" * 64
        for row in self.document["ledger"]:
            body = json.loads(row["text"])
            yield Entry(
                seq=body["seq"],
                at=datetime.fromisoformat(body["at"]),
                verb=body["verb"],
                actor=body["actor"],
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


def version_number(evidence: Evidence, held: Held) -> int:
    """Return the number of the version that a record is about, or 0."""
    version = evidence.get("version", held["version_id"])
    return version.number("number") if version else 0


def _said(prose: Mapping[str, str]) -> str:
    """What a text says; of an erased one, the day."""
    return prose["text"] if "text" in prose else f"[erased {prose['erased_at'][:10]}]"
