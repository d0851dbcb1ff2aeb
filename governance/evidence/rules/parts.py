"""The parts of a pack: one for each model, with its chapters, their numbers and their anchors."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from governance.core.wording import counted
from governance.evidence.rules import pages
from governance.evidence.rules.contents import Contents, contents
from governance.evidence.rules.decisions import DecisionPage, decisions
from governance.evidence.rules.exceptions import Exceptions, exceptions
from governance.evidence.rules.matrix import FrameworkRows, matrix
from governance.evidence.rules.narrowing import narrowed
from governance.evidence.rules.overview import Overview, overview
from governance.evidence.rules.pages import CardPage, FindingRow, ReportPage, StageRow, VersionRow
from governance.evidence.rules.reading import Evidence
from governance.evidence.rules.scopes import Chapter, PackScope, ScopeKind
from governance.evidence.rules.signatures import Certificate, certificates
from governance.evidence.rules.trail import IN_A_TABLE, MOST_PRINTED, EntryRow, entry_rows


@dataclass(frozen=True, kw_only=True)
class Section:
    """A chapter as the contents list it: where it stands, its number, its title, and what is in it.

    `level` is 1, or 2 for the chapters of one part among several.
    """

    name: str
    anchor: str
    number: str
    title: str
    detail: str
    level: int = 1


@dataclass(frozen=True, kw_only=True)
class Part:
    """What is printed of one model. `about` is what the evidence says of its stream."""

    prefix: str
    number: str
    name: str
    stream: str
    entry_count: int
    head: str
    scope: PackScope
    overview: Overview
    matrix: Sequence[FrameworkRows]
    versions: Sequence[VersionRow]
    contents: Contents
    stage_changes: Sequence[StageRow]
    card: CardPage | None
    decisions: Sequence[DecisionPage]
    reports: Sequence[ReportPage]
    findings: Sequence[FindingRow]
    certificates: Sequence[Certificate]
    exceptions: Exceptions
    entries: Sequence[EntryRow]
    chosen_entries: int

    @cached_property
    def sections(self) -> list[Section]:
        """The chapters that are printed, numbered within the part; the first one is its opening."""
        level = 2 if self.number else 1
        start = f"{self.number}." if self.number else ""
        return [
            Section(
                name=name,
                anchor=f"{self.prefix}{name}",
                number=self.number if self.number and name == "summary" else f"{start}{place}",
                title=title,
                detail=detail,
                level=1 if name == "summary" else level,
            )
            for place, (name, title, detail) in enumerate(self._chapters(), start=1)
        ]

    @property
    def lacking(self) -> list[str]:
        """Say of each framework how much of what it asks for has no evidence, or not all."""
        return [
            f"{one.name}: {counted(gaps, 'requirement')} without evidence, {partial} with a part."
            for one in self.matrix
            for gaps, partial in [(one.count("NONE"), one.count("PARTIAL"))]
            if gaps or partial
        ]

    @property
    def is_long(self) -> bool:
        """Whether the entries stand in a list on pages of their own."""
        return len(self.entries) > IN_A_TABLE

    def section(self, name: str) -> Section | None:
        """Return the chapter of that name if it is printed."""
        return next((one for one in self.sections if one.name == name), None)

    def anchor(self, name: str) -> str:
        """Where a chapter stands; of one that is not printed, the summary."""
        found = self.section(name)
        return found.anchor if found else f"{self.prefix}summary"

    def _chapters(self) -> Iterator[tuple[str, str, str]]:
        scope, card = self.scope, self.card
        title = self.name if self.number else "Summary"
        yield "summary", title, "the position on one page"
        if scope.prints(Chapter.MATRIX) and self.matrix:
            asked = sum(one.total for one in self.matrix)
            yield "matrix", "Requirements and their evidence", counted(asked, "requirement")
        if scope.prints(Chapter.VERSIONS):
            yield "versions", "Versions", counted(len(self.versions), "version")
        if scope.prints(Chapter.CARD):
            said = f"version {card.version}, revision {card.revision}" if card else "none"
            yield "card", "Model card", said
        if scope.prints(Chapter.DECISIONS):
            yield "decisions", "Decisions and checks", counted(len(self.decisions), "request")
        if scope.prints(Chapter.VALIDATION):
            yield "validation", "Validation", counted(len(self.reports), "report")
        if scope.prints(Chapter.SIGN_OFFS):
            yield "signoffs", "Sign-off certificates", counted(len(self.certificates), "signature")
        if scope.prints(Chapter.EXCEPTIONS):
            yield "exceptions", "Exceptions", counted(self.exceptions.count, "exception")
        if scope.prints(Chapter.ENTRIES):
            yield "ledger", "Ledger entries", counted(self.chosen_entries, "entry", "entries")


def parts_of(evidence: Evidence, scope: PackScope) -> list[Part]:
    """Return one part for each model, in the order in which the scope names them.

    An audit trail has none: it holds entries, and no records.
    """
    if scope.kind == ScopeKind.TRAIL:
        return []
    views = {view.about["model"]: view for view in evidence.of_models()}
    ordered = [views[ref] for ref in scope.models if ref in views]
    is_alone = len(ordered) == 1
    return [
        _part(view, scope, prefix="" if is_alone else f"m{place}-", place=0 if is_alone else place)
        for place, view in enumerate(ordered, start=1)
    ]


def _part(whole: Evidence, scope: PackScope, *, prefix: str, place: int) -> Part:
    evidence = narrowed(whole, scope)
    versions, decided = pages.versions(evidence), decisions(evidence)
    entries = entry_rows(evidence)
    return Part(
        prefix=prefix,
        number=str(place) if place else "",
        name=whole.about["name"],
        stream=whole.about["stream"],
        entry_count=whole.about["entries"],
        head=whole.about["head"],
        scope=scope,
        overview=overview(whole),
        matrix=matrix(whole),
        versions=versions,
        contents=contents(evidence),
        stage_changes=pages.stage_changes(evidence),
        card=pages.card_page(evidence, versions),
        decisions=decided,
        reports=pages.reports(evidence),
        findings=pages.findings(evidence),
        certificates=certificates(evidence),
        exceptions=exceptions(evidence, decided),
        entries=entries[-MOST_PRINTED:],
        chosen_entries=len(entries),
    )
