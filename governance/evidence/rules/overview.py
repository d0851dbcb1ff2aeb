"""The position of a model on one page: facts, and what is absent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from governance.core.wording import counted, day
from governance.evidence.rules.decisions import decisions, reservations
from governance.evidence.rules.pages import (
    VersionRow,
    findings,
    live_versions,
    serving,
    versions,
)
from governance.evidence.rules.reading import Evidence, Held, version_number
from governance.inventory.rules import Kind, Tier
from governance.validation.rules import Severity


@dataclass(frozen=True, kw_only=True)
class Overview:
    name: str
    purpose: str
    intended_use: str
    unit: str
    owner: str
    developers: Sequence[str]
    kind: str
    tier: str
    verdict: str
    open_findings: int
    findings_by_severity: str
    signatures: int
    signers: int
    gaps: Sequence[str]
    versions: int
    stage_changes: int


def overview(evidence: Evidence) -> Overview:
    rows = versions(evidence)
    model = evidence.all("model")[0]
    signed = evidence.all("sign_off")
    unresolved = [finding for finding in findings(evidence) if finding.closed_at is None]
    by_severity = [
        f"{sum(f.severity == level.label for f in unresolved)} {level.label.lower()}"
        for level in Severity
    ]
    return Overview(
        name=model["name"],
        purpose=model["purpose"],
        intended_use=model["intended_use"],
        unit=evidence.name(f"unit:{model['unit_id']}"),
        owner=evidence.person(model, "owner_id"),
        developers=_developers(evidence),
        kind=Kind(model["kind"]).label if model["kind"] else "",
        tier=Tier(model.number("tier")).label if model["tier"] else "",
        verdict=_verdict(evidence),
        open_findings=len(unresolved),
        findings_by_severity=", ".join(by_severity),
        signatures=len(signed),
        signers=len({held["signer_id"] for held in signed}),
        gaps=list(_gaps(evidence, model, rows)),
        versions=len(rows),
        stage_changes=len(evidence.all("stage_change")),
    )


def _developers(evidence: Evidence) -> list[str]:
    """Everybody who ever built the model: nobody is taken off this list."""
    built = [b for b in evidence.all("builder") if b["capacity"] == "DEVELOPER"]
    return sorted({evidence.person(held, "user_id") for held in built})


def _verdict(evidence: Evidence) -> str:
    said = [_served(evidence, row) for row in serving(evidence)]
    return " ".join(said) or "No version of this model serves in Production."


def _served(evidence: Evidence, row: Held) -> str:
    slot, at = evidence.get("slot", row["slot_id"]), row.at("assigned_at")
    place = slot["name"] if slot else "a slot that is not in this pack"
    if row["share"]:
        does = f"answers {row['share']} percent of {place}"
    else:
        does = f"serves in {'Production' if slot and slot.fields['is_default'] else place}"
    return f"Version {version_number(evidence, row)} {does}{f' since {day(at)}' if at else ''}."


def _gaps(evidence: Evidence, model: Held, rows: Sequence[VersionRow]) -> Iterator[str]:
    absent = [label for column, label in _NEEDED.items() if not model[column]]
    if absent:
        yield f"The inventory record has no {', no '.join(absent)}."
    if not rows:
        yield "No version is registered."
    for live in live_versions(evidence, rows):
        yield from _gaps_of(live)
    high = sum(f.closed_at is None and f.severity == "High" for f in findings(evidence))
    if high:
        yield f"{counted(high, 'finding')} of high severity {'is' if high == 1 else 'are'} open."
    for page in decisions(evidence):
        yield from reservations(page)
    refused = sum(entry.verb == "call.refused" for entry in evidence.entries)
    if refused:
        were = "was" if refused == 1 else "were"
        yield f"{counted(refused, 'call')} on this model {were} refused."
    erased = sum("erased_at" in prose for prose in evidence.document["prose"])
    if erased:
        yield f"{counted(erased, 'text')} {'was' if erased == 1 else 'were'} erased."


def _gaps_of(live: VersionRow) -> Iterator[str]:
    if not live.has_card:
        yield f"Version {live.number}, which serves, has no published model card."
    if not live.has_report:
        yield f"Version {live.number}, which serves, has no signed validation report."
    if not live.artifacts:
        yield f"For version {live.number}, which serves, no digests of artifacts are on record."


_NEEDED = {
    "purpose": "purpose",
    "intended_use": "intended use",
    "owner_id": "owner",
    "tier": "risk tier",
}
