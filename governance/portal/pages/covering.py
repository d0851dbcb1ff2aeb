"""One framework for one model or for the firm, requirement by requirement, with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from urllib.parse import urlencode

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import root_unit
from governance.core.wording import as_date
from governance.evidence.queries.coverage import coverage_of, firm_coverage
from governance.evidence.queries.filings import exempt_from, filings_of
from governance.evidence.queries.gathering import counting_versions
from governance.evidence.rules.coverage import (
    CoverageState,
    Covered,
    EvidenceItem,
    requirement_key,
    together,
)
from governance.evidence.rules.requirements import Level
from governance.evidence.rules.snapshots import Tally, tally
from governance.inventory.models import Model
from governance.inventory.queries.scopes import framework_named
from governance.inventory.rules.frameworks import Framework
from governance.portal import evidence_links, links
from governance.portal.pages.coverage import LOOKS, anchor
from governance.registry.models import ModelVersion

Place = Callable[[Model, ModelVersion | None], str]


def _version(model: Model, version: ModelVersion | None) -> str:
    return links.version(version) if version else links.model(model)


def _validation(model: Model, version: ModelVersion | None) -> str:
    return links.validation(version) if version else links.model(model)


def _card(model: Model, version: ModelVersion | None) -> str:
    return links.card(version) if version else links.model(model)


def _record(model: Model, version: ModelVersion | None) -> str:
    return links.record(model)


def _rated(model: Model, version: ModelVersion | None) -> str:
    return links.assessments(model)


def _model(model: Model, version: ModelVersion | None) -> str:
    return links.model(model)


def _changes(model: Model, version: ModelVersion | None) -> str:
    return links.changes(model)


def _log(model: Model, version: ModelVersion | None) -> str:
    return f"/audit/?{urlencode({'model': model.name})}"


def _decisions(model: Model, version: ModelVersion | None) -> str:
    return f"/decisions/?{urlencode({'model': model.name})}"


PLACES: Mapping[str, Place] = {
    "answer_evidence": _rated,
    "attestation": _model,
    "builder": _record,
    "card": _card,
    "class_assessment": _rated,
    "determination": _rated,
    "entry": _log,
    "evaluation": _version,
    "finding": _validation,
    "lineage_fact": _version,
    "model": _record,
    "model_change": _changes,
    "record_revision": _record,
    "report": _validation,
    "review": _model,
    "sign_off": _decisions,
    "stage_change": _version,
    "tier_assessment": _rated,
    "version": _version,
    "version_input": _version,
    "version_parent": _version,
}
"""Where records of a model are read, by the first word of their references."""


@dataclass(frozen=True, kw_only=True)
class ItemRow:
    """One piece of evidence; `href` is empty where the record has no page."""

    item: EvidenceItem
    kind: str
    href: str


@dataclass(frozen=True, kw_only=True)
class RequirementRow:
    """One requirement; `file_href` is where evidence is filed for it, if the reader may.

    `is_excluded` where somebody stated that it does not apply, which `exclude_href` takes back.
    """

    covered: Covered
    key: str
    look: tuple[str, str]
    items: Sequence[ItemRow]
    file_href: str
    exclude_href: str
    is_excluded: bool


@dataclass(frozen=True, kw_only=True)
class Group:
    title: str
    anchor: str
    rows: Sequence[RequirementRow]


@dataclass(frozen=True, kw_only=True)
class CoveringPage:
    """`filed` is how many documents were filed of the model, or of the firm."""

    framework: Framework
    version: str
    model: Model | None
    groups: Sequence[Group]
    tally: Tally
    filed: int
    may_file: bool

    @property
    def stale(self) -> int:
        rows = [row for group in self.groups for row in group.rows]
        return len({one.item.ref for row in rows for one in row.items if one.item.stale})


def covering_page(
    framework: str, model: Model | None, *, reader: User, at: datetime
) -> CoveringPage:
    """Read what one framework asks of a model, or without one of the firm.

    Raises FrameworkNotFound.
    """
    found = framework_named(framework)
    if model is None:
        rows, version = firm_coverage(at=at, frameworks=[framework]), None
    else:
        rows = coverage_of([model], at=at, frameworks=[framework])[model.pk]
        version = _version_of(model)
    level = Level.MODEL if model else Level.FIRM
    asked = [one for one in rows if one.requirement.level == level]
    unit = model.unit if model else root_unit()
    may_file = may(reader, Permission.EVIDENCE_FILE, unit=unit, at=at)
    told = _Telling(
        model=model,
        version=version,
        may_file=may_file,
        excluded=_excluded(model, today=as_date(at)),
    )
    return CoveringPage(
        framework=found,
        version=asked[0].requirement.version if asked else "",
        model=model,
        groups=_groups(asked, told),
        tally=tally(one.state for one in asked),
        filed=len(filings_of(model)),
        may_file=may_file,
    )


def _excluded(model: Model | None, *, today: date) -> frozenset[str]:
    return frozenset(exempt_from([model], today=today)[model.pk]) if model else frozenset()


def _version_of(model: Model) -> ModelVersion | None:
    key = counting_versions([model]).get(model.pk)
    return ModelVersion.objects.with_model().filter(pk=key).first() if key else None


@dataclass(frozen=True, kw_only=True)
class _Telling:
    """What rows are told by: of which model and version, and to whom."""

    model: Model | None
    version: ModelVersion | None
    may_file: bool
    excluded: frozenset[str]

    def row(self, one: Covered) -> RequirementRow:
        key = requirement_key(one.requirement)
        lacks, excluded = self.may_file and bool(one.missing), key in self.excluded
        may_state = lacks or (excluded and self.may_file)
        return RequirementRow(
            covered=one,
            key=one.requirement.id,
            look=LOOKS[one.state],
            items=[self.item(item) for item in one.items],
            file_href=evidence_links.file_evidence(self.model, key) if lacks else "",
            exclude_href=self.exclude_href(key) if may_state else "",
            is_excluded=excluded,
        )

    def exclude_href(self, key: str) -> str:
        return evidence_links.exclude(self.model, key) if self.model else ""

    def item(self, item: EvidenceItem) -> ItemRow:
        return ItemRow(item=item, kind=item.kind.replace("_", " "), href=self.href(item.ref))

    def href(self, ref: str) -> str:
        kind, _, key = ref.partition(":")
        if kind == "filed_evidence":
            return evidence_links.filed_by_key(key)
        if kind == "policy":
            return links.policy_by_ref(ref)
        if self.model is None or kind not in PLACES:
            return ""
        return PLACES[kind](self.model, self.version)


def _groups(rows: Sequence[Covered], told: _Telling) -> list[Group]:
    grouped = groupby(rows, key=lambda one: one.requirement.group)
    return [
        Group(title=title, anchor=anchor(title), rows=[told.row(one) for one in group])
        for title, group in grouped
    ]


@dataclass(frozen=True, kw_only=True)
class FrameworkRow:
    """How much of what one framework asks of a model has evidence."""

    framework: Framework
    tally: Tally
    look: tuple[str, str, str]
    because: str


def frameworks_of(model: Model, *, at: datetime) -> list[FrameworkRow]:
    """Read every framework that has requirements, those that ask for something first."""
    rows = [one for one in coverage_of([model], at=at)[model.pk] if _is_of_model(one)]
    found = [
        _framework_row(key, list(each))
        for key, each in groupby(rows, key=lambda one: one.requirement.framework)
    ]
    return sorted(found, key=lambda row: not row.tally.asked)


def _is_of_model(one: Covered) -> bool:
    return one.requirement.level == Level.MODEL


def _framework_row(key: str, rows: Sequence[Covered]) -> FrameworkRow:
    state = together(one.state for one in rows)
    reasons = {one.because for one in rows if one.state == state}
    nothing = state in {CoverageState.NOT_APPLICABLE, CoverageState.UNKNOWN}
    return FrameworkRow(
        framework=framework_named(key),
        tally=tally(one.state for one in rows),
        look=(*LOOKS[state], state.label),
        because=reasons.pop() if nothing and len(reasons) == 1 else "",
    )
