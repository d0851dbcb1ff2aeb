"""Everything that documents about one version are made from, read once, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from governance.cards.rules.completeness import Expected
from governance.cards.rules.model_card import ModelCard

Row = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class CardShown:
    """The card a document is about, its typists named. `revision` is None for the draft.

    `withdrawn` says when and why a revision was withdrawn, `replaced_by` which one came after it.
    """

    card: ModelCard
    expected: Expected
    revision: int | None = None
    published_by: str = ""
    published_at: datetime | None = None
    digest: str = ""
    withdrawn: str = ""
    replaced_by: int | None = None


@dataclass(frozen=True, kw_only=True)
class CardBefore:
    """The card that a reviewer compares with."""

    label: str
    card: ModelCard


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signature with its name, capacity and meaning."""

    name: str
    role: str
    meaning: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ReportFacts:
    number: int
    opinion: str
    is_fit: bool
    scope: str
    summary: str
    digest: str
    signed: Signed


@dataclass(frozen=True, kw_only=True)
class FindingFacts:
    label: str
    severity: str
    title: str
    description: str
    remediation: str
    owner: str
    due_date: date
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class CommentFacts:
    section: str
    author: str
    written_at: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A promotion request and who signed what stood there when it was decided."""

    reference: str
    goal: str
    state: str
    tone: str
    opened_at: datetime
    closed_at: datetime | None
    stands_until: datetime | None
    signatures: tuple[Signed, ...]


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    name: str
    purpose: str
    rows: int | None
    period: str
    digest: str
    revision: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """Something that happened to the model or its versions."""

    at: datetime
    what: str
    detail: str
    who: str


@dataclass(frozen=True, kw_only=True)
class Watching:
    """One thing that was watched or looked at again, and what came of it."""

    at: datetime
    what: str
    outcome: str
    tone: str


@dataclass(frozen=True, kw_only=True)
class Coming:
    """A day to come, and what is due then."""

    day: date
    what: str


@dataclass(frozen=True, kw_only=True)
class Material:
    """Of one version at one moment. `record` are fields of the inventory, by their names."""

    model: str
    version: int
    label: str
    stage: str
    source: str
    digest: str
    run: str
    registered_by: str
    registered_at: datetime
    organization: str
    unit: str
    owner: str
    owner_contact: str
    tier: str
    ai_act_class: str
    kind: str
    record: dict[str, str]
    card: CardShown
    as_of: datetime
    serves: str = ""
    deprecated: str = ""
    before: CardBefore | None = None
    reports: tuple[ReportFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    comments: tuple[CommentFacts, ...] = ()
    approvals: tuple[Approval, ...] = ()
    data: tuple[DataFacts, ...] = ()
    parents: tuple[Row, ...] = ()
    feeders: tuple[Row, ...] = ()
    consumers: tuple[str, ...] = ()
    parts: tuple[Row, ...] = ()
    files: tuple[Row, ...] = ()
    environment: tuple[Row, ...] = ()
    changes: tuple[Change, ...] = ()
    watching: tuple[Watching, ...] = ()
    assessments: tuple[Change, ...] = ()
    waivers: tuple[Change, ...] = ()
    coming: tuple[Coming, ...] = ()

    @property
    def open_findings(self) -> tuple[FindingFacts, ...]:
        return tuple(one for one in self.findings if one.closed_at is None)
