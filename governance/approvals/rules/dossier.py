"""The dossier: every fact that a change of stage rests on, at one moment, and its digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from governance.core.canonical import canonical, digest
from governance.registry.rules import CheckOutcome

FORMAT = "countersign.dossier/2"
FIRST_FORMAT = "countersign.dossier/1"
"""What stands in a text is read in either form; what is gathered now is written in the newer."""
SPARSE = ("share", "ticks", "overrides", "conditions")
SPARSE_OF_VERSION = ("artifact_check", "parts", "committed_by")
SPARSE_OF_MODEL = ("jurisdictions", "ai_act_class", "ai_act_assessed_at", "unvalidated")
"""Facts that stand in the text only where there is one."""


@dataclass(frozen=True, kw_only=True)
class ResultFact:
    """One measured value: the newest of its metric, slice, source and data set."""

    ref: str
    metric: str
    value: str
    slice: str
    source: str
    dataset_digest: str
    received_at: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.metric, self.slice, self.source, self.dataset_digest


@dataclass(frozen=True, kw_only=True)
class VersionFacts:
    """`artifact_check` is the newest reading of the files, of the version in question only.

    A mismatch is dated. Of any other outcome the outcome alone is a fact: the same found again
    changes nothing that a signer saw.
    """

    ref: str
    number: int
    digest: str
    source: str
    run_id: str
    registered_by: str
    artifacts: tuple[Mapping[str, Any], ...] = ()
    lineage: Mapping[str, Any] = field(default_factory=dict)
    results: tuple[ResultFact, ...] = ()
    parts: tuple[Mapping[str, str], ...] = ()
    artifact_check: Mapping[str, str] | None = None
    committed_by: str = ""

    @property
    def is_altered(self) -> bool:
        """Whether the files were found to be other ones than were registered."""
        return (self.artifact_check or {}).get("outcome") == CheckOutcome.MISMATCH


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """`unit` is the path of the unit. Times are canonical UTC text, empty where nobody assessed.

    `unvalidated` are the changes since the report on the version, once they ask for another one.
    """

    ref: str
    name: str
    tier: int
    kind: str
    owner: str
    developers: tuple[str, ...] = ()
    record_digest: str = ""
    unit: str = ""
    jurisdictions: tuple[str, ...] = ()
    tier_assessed_at: str = ""
    ai_act_class: str = ""
    ai_act_assessed_at: str = ""
    unvalidated: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """`answered` are the keys of the sections that say something."""

    ref: str
    number: int
    digest: str
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ReportFacts:
    ref: str
    opinion: str
    digest: str
    signed_by: str
    signed_at: str = ""


@dataclass(frozen=True, kw_only=True)
class TickFacts:
    """What somebody found in a manual check."""

    check: str
    ref: str
    holds: bool
    by: str
    role: str
    at: str


@dataclass(frozen=True, kw_only=True)
class OverrideFacts:
    """An override that as many people signed as the policy asks for.

    `check_digest` is of what the check found then; of another finding it is no override.
    """

    check: str
    ref: str
    check_digest: str
    expires_date: str
    sign_offs: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ConditionFacts:
    """A condition of an earlier approval of this version, and its finding."""

    ref: str
    finding: str
    due_date: str
    is_met: bool


@dataclass(frozen=True, kw_only=True)
class FindingFacts:
    ref: str
    severity: str
    due_date: str


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a rollback rests on: the earlier approval of the version that returns."""

    request: str
    dossier_digest: str
    sign_offs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """Facts only, with their dates; nothing is derived from the clock, so time voids no signature.

    `incumbent` is the version that would be replaced: without it two racing promotions could
    both rest on valid signatures. `checks` are the policy's, with their measured values.
    """

    move: str
    stage: str
    target: str
    slot: str
    model: ModelFacts
    version: VersionFacts
    incumbent: VersionFacts | None
    rollback_target: str | None
    card: CardFacts | None
    report: ReportFacts | None
    findings: tuple[FindingFacts, ...]
    policy: Mapping[str, Any]
    checks: tuple[Mapping[str, Any], ...] = ()
    basis: Basis | None = None
    share: int | None = None
    slot_name: str = ""
    ticks: tuple[TickFacts, ...] = ()
    overrides: tuple[OverrideFacts, ...] = ()
    conditions: tuple[ConditionFacts, ...] = ()
    format: str = FORMAT

    def text(self) -> str:
        """Return the canonical text that is kept with the request."""
        return canonical(self._facts())

    @property
    def digest(self) -> str:
        """The SHA-256 of `text()`: what a signer signs."""
        return digest(self._facts())

    def _facts(self) -> dict[str, Any]:
        facts = asdict(self)
        if self.format == FIRST_FORMAT:
            facts = _as_first_written(facts)
        for name in ("version", "incumbent"):
            facts[name] = facts[name] and _without(SPARSE_OF_VERSION, facts[name])
        facts["model"] = _without(SPARSE_OF_MODEL, facts["model"])
        return _without(SPARSE, facts)


ADDED = {
    None: ("slot_name",),
    "model": ("unit", "tier_assessed_at"),
    "card": ("answered",),
    "report": ("signed_at",),
}
"""What the first format did not have, and the second always has, by where it stands."""


def _as_first_written(facts: dict[str, Any]) -> dict[str, Any]:
    for place, names in ADDED.items():
        part = facts[place] if place else facts
        for name in names if part else ():
            del part[name]
    return facts


def _without(sparse: Sequence[str], facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value or name not in sparse}


def read_dossier(text: str) -> Dossier:
    """Return the dossier that a kept text states; `text()` of it gives the same text back."""
    facts = json.loads(text)
    return Dossier(
        **facts
        | {
            "model": _read(
                ModelFacts, facts["model"], "developers", "jurisdictions", "unvalidated"
            ),
            "version": _read_version(facts["version"]),
            "incumbent": _read_version(facts["incumbent"]) if facts["incumbent"] else None,
            "card": _read(CardFacts, facts["card"], "answered") if facts["card"] else None,
            "report": ReportFacts(**facts["report"]) if facts["report"] else None,
            "findings": tuple(FindingFacts(**finding) for finding in facts["findings"]),
            "checks": tuple(facts["checks"]),
            "basis": _read(Basis, facts["basis"], "sign_offs") if facts["basis"] else None,
            "ticks": tuple(TickFacts(**tick) for tick in facts.get("ticks", ())),
            "overrides": tuple(
                _read(OverrideFacts, override, "sign_offs")
                for override in facts.get("overrides", ())
            ),
            "conditions": tuple(
                ConditionFacts(**condition) for condition in facts.get("conditions", ())
            ),
        }
    )


Part = TypeVar("Part")


def _read(kind: Callable[..., Part], facts: dict[str, Any], *rows: str) -> Part:
    """Make a part of a dossier of what JSON has of it, where lists stand for tuples."""
    return kind(**facts | {name: tuple(facts.get(name, ())) for name in rows})


def _read_version(facts: dict[str, Any]) -> VersionFacts:
    results = tuple(ResultFact(**result) for result in facts["results"])
    return _read(VersionFacts, facts | {"results": results}, "results", "artifacts", "parts")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One fact that differs between two dossiers, by its dotted path."""

    path: str
    before: str
    after: str


LABELS = {
    "version.artifact_check": "Artifacts read again",
    "version.artifacts": "Artifacts",
    "version.parts": "Parts",
    "version.results": "Measured values",
    "version": "Version",
    "model.tier": "Risk tier",
    "model.unvalidated": "Changes that no validation covers",
    "model": "Inventory record",
    "incumbent": "The version that would be replaced",
    "rollback_target": "Rollback target",
    "card": "Model card",
    "report": "Validation report",
    "findings": "Open findings",
    "policy": "Policy",
    "checks": "Checks",
    "ticks": "Manual checks",
    "overrides": "Overrides",
    "conditions": "Conditions of earlier approvals",
    "stage": "Stage",
}


def label_of(path: str) -> str:
    """Return the words for a path: those of its longest known beginning."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        if words := LABELS.get(".".join(parts[:end])):
            return words
    return path


def differences(before: str, after: str) -> list[Difference]:
    """Compare two kept dossier texts, fact by fact, in the order of their paths."""
    old, new = _flat(json.loads(before)), _flat(json.loads(after))
    return [
        Difference(path=path, before=old.get(path, ""), after=new.get(path, ""))
        for path in sorted(old.keys() | new.keys())
        if old.get(path, "") != new.get(path, "")
    ]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, Mapping):
        inner = ((f"{path}.{key}" if path else str(key), item) for key, item in value.items())
    elif isinstance(value, Sequence) and not isinstance(value, str):
        inner = ((f"{path}.{_name(item, index)}", item) for index, item in enumerate(value))
    else:
        return {path: "" if value is None else str(value)}
    return {key: text for place, item in inner for key, text in _flat(item, place).items()}


def _name(item: Any, index: int) -> str:
    """Name a list's item by what identifies it, so that an insertion does not shift the rest."""
    if isinstance(item, Mapping):
        for key in ("path", "id", "ref"):
            if item.get(key):
                return str(item[key])
    return str(index)
