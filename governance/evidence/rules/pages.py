"""The pages of a pack, made from the attached evidence alone: what is printed can be recomputed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from governance.accounts.rules import Role
from governance.cards.rules.completeness import Expected
from governance.cards.rules.model_card import card_of_text, with_typists
from governance.evidence.rules.documents.blocks import Chapter
from governance.evidence.rules.documents.sections import card_chapters
from governance.evidence.rules.reading import Entry, Evidence, Held, version_number
from governance.evidence.rules.signatures import Certificate, proof_words
from governance.inventory.rules import Kind
from governance.registry.rules import Move, SlotRole, Stage
from governance.validation.rules import Opinion, Severity


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    ref: str
    number: int
    label: str
    stage: str
    registered_at: datetime | None
    registered_by: str
    source: str
    digest: str
    artifacts: int
    has_card: bool
    has_report: bool


@dataclass(frozen=True, kw_only=True)
class StageRow:
    version: int
    source: str
    target: str
    move: str
    changed_at: datetime | None
    entry: Entry | None


@dataclass(frozen=True, kw_only=True)
class CardPage:
    version: int
    revision: int
    published_by: str
    published_at: datetime | None
    digest: str
    chapters: Sequence[Chapter]


@dataclass(frozen=True, kw_only=True)
class ReportPage:
    version: int
    number: int
    opinion: str
    scope: str
    summary: str
    certificate: Certificate


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    label: str
    severity: str
    title: str
    remediation: str
    owner: str
    due_date: date | None
    closed_at: datetime | None
    closing_reason: str


RANK = {value: rank for rank, value in enumerate(Severity.values)}


def versions(evidence: Evidence) -> list[VersionRow]:
    """Newest first."""
    cards = {card["version_id"] for card in evidence.all("card")}
    reports = {report["version_id"] for report in evidence.all("report")}
    artifacts = [artifact["version_id"] for artifact in evidence.all("artifact")]
    rows = [
        VersionRow(
            ref=held.ref,
            number=held.number("number"),
            label=held["label"],
            stage=Stage(held["stage"]).label,
            registered_at=held.at("registered_at"),
            registered_by=evidence.person(held, "registered_by_id"),
            source=held["source"],
            digest=held["digest"],
            artifacts=artifacts.count(held.key),
            has_card=held.key in cards,
            has_report=held.key in reports,
        )
        for held in evidence.all("version")
    ]
    return sorted(rows, key=lambda row: row.number, reverse=True)


def stage_changes(evidence: Evidence) -> list[StageRow]:
    """Oldest first."""
    return [
        StageRow(
            version=version_number(evidence, held),
            source=Stage(held["source"]).label,
            target=Stage(held["target"]).label,
            move=Move(held["move"]).label,
            changed_at=held.at("changed_at"),
            entry=evidence.written_by.get(held.ref),
        )
        for held in evidence.in_order("stage_change")
    ]


def serving(evidence: Evidence) -> list[Held]:
    """Return what answers live traffic now, by slot: champions, then canaries."""
    roles = [SlotRole.CHAMPION, SlotRole.CANARY]
    held = [row for row in evidence.in_order("slot_assignment") if not row["ended_at"]]
    return [row for role in roles for row in held if row["role"] == role]


def live_versions(evidence: Evidence, rows: Sequence[VersionRow]) -> list[VersionRow]:
    """Return the versions that answer live traffic now, champions first."""
    by_ref = {row.ref: row for row in rows}
    refs = dict.fromkeys(f"version:{one['version_id']}" for one in serving(evidence))
    return [by_ref[ref] for ref in refs if ref in by_ref]


def card_page(evidence: Evidence, rows: Sequence[VersionRow]) -> CardPage | None:
    """The newest revision of the card of what serves that nobody withdrew; else of the newest
    version that has one.
    """
    standing = _standing_cards(evidence)
    candidates = [*live_versions(evidence, rows), *rows]
    chosen = next((row for row in candidates if row.ref in standing), None)
    if chosen is None:
        return None
    held = standing[chosen.ref]
    card = with_typists(card_of_text(held["text"]), evidence.document["names"])
    return CardPage(
        version=chosen.number,
        revision=held.number("number"),
        published_by=evidence.person(held, "published_by_id"),
        published_at=held.at("published_at"),
        digest=held["digest"],
        chapters=card_chapters(card, _expected(evidence)),
    )


def _standing_cards(evidence: Evidence) -> dict[str, Held]:
    """Return the newest revision that was not withdrawn, by the reference of its version."""
    withdrawn = {row["revision_id"] for row in evidence.all("card-withdrawal")}
    cards = [card for card in evidence.all("card") if card.key not in withdrawn]
    newest = sorted(cards, key=lambda card: card.number("number"))
    return {f"version:{card['version_id']}": card for card in newest}


def _expected(evidence: Evidence) -> Expected:
    model = next(iter(evidence.all("model")), None)
    if model is None:
        return Expected()
    return Expected(tier=model.number("tier") or None, agent=model["kind"] == Kind.GENERATIVE)


def reports(evidence: Evidence) -> list[ReportPage]:
    """Newest first."""
    return [_report(evidence, held) for held in reversed(evidence.in_order("report"))]


def _report(evidence: Evidence, held: Held) -> ReportPage:
    body: dict[str, Any] = json.loads(held["text"])
    number = version_number(evidence, held)
    return ReportPage(
        version=number,
        number=held.number("number"),
        opinion=Opinion(held["opinion"]).label,
        scope=body.get("scope", ""),
        summary=body.get("summary", ""),
        certificate=Certificate(
            name=evidence.prose(held, "signed_name"),
            role=Role(held["signed_role"]).label,
            decision=Opinion(held["opinion"]).label,
            meaning=held["meaning"],
            comment="",
            signed_at=held.at("signed_at"),
            proof=proof_words(held["signed_with"]),
            subject=f"Validation report {held['number']} of version {number}",
            digest=held["digest"],
            entry=evidence.written_by.get(held.ref),
        ),
    )


def findings(evidence: Evidence) -> list[FindingRow]:
    """Open ones first, worst first."""
    rows = sorted(
        evidence.all("finding"),
        key=lambda f: (bool(f["closed_at"]), RANK.get(f["severity"], 9), f["due_date"]),
    )
    return [
        FindingRow(
            label=f"F-{held.number('number'):04d}",
            severity=Severity(held["severity"]).label,
            title=held["title"],
            remediation=held["remediation"],
            owner=evidence.person(held, "owner_id"),
            due_date=held.date("due_date"),
            closed_at=held.at("closed_at"),
            closing_reason=evidence.prose(held, "closing_reason"),
        )
        for held in rows
    ]
