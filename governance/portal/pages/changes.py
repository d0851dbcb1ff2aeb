"""What differs between two dossiers, in words: for readers who know the earlier one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from governance.approvals.rules.dossier import (
    Dossier,
    FindingFacts,
    ResultFact,
    VersionFacts,
    differences,
    label_of,
)
from governance.approvals.rules.gates import check_name
from governance.cards.models import CardRevision
from governance.core.diffs import Line, diff_value
from governance.core.wording import counted, day, size
from governance.registry.rules import CheckOutcome, PartKind
from governance.validation.rules import Opinion

Facts = Mapping[str, str]
DIGEST = re.compile(r"\b[0-9a-f]{32,64}\b")
"""What only a machine compares in full: digests, commits, run ids."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that changed: what it is called, and its lines before and after."""

    title: str
    note: str = ""
    lines: Sequence[Line]


def changes(
    before: Dossier,
    after: Dossier,
    *,
    names: Mapping[str, str],
    leaving_out: Collection[str] = (),
) -> list[Change]:
    """Say what differs between two dossiers, without the card's words. `names` are people's."""
    found = []
    for title, facts in READERS.items():
        old, new = facts(before, names), facts(after, names)
        if old != new and title not in leaving_out:
            found.append(Change(title=title, note=_balance(old, new), lines=list(_lines(old, new))))
    return found


def people_in(*dossiers: Dossier) -> set[str]:
    """Return the references of everybody whom these dossiers name."""
    found: set[str] = set()
    for dossier in dossiers:
        found |= {dossier.model.owner, *dossier.model.developers}
        found |= {dossier.report.signed_by} if dossier.report else set()
    return found


def changed_titles(before: Dossier, after: Dossier) -> list[str]:
    """Say in a few words what differs, such as `checks, measured values`."""
    names = {ref: ref for ref in people_in(before, after)}
    found = changes(before, after, names=names) or unexplained(before.text(), after.text())
    return list(dict.fromkeys(change.title.lower() for change in found))


def unexplained(before: str, after: str) -> list[Change]:
    """Say every fact that differs, by its path: for what the readers below do not speak of."""
    titled = groupby(differences(before, after), key=lambda item: label_of(item.path))
    found = ((title, list(items)) for title, items in titled)
    return [
        Change(
            title=title,
            note=", ".join(item.path for item in items),
            lines=[line for item in items for line in diff_value("", item.before, item.after)],
        )
        for title, items in found
    ]


def revisions(*refs: str) -> dict[str, CardRevision]:
    """Return the card revisions behind these references, in one query."""
    ids = [ref.partition(":")[2] for ref in refs if ref]
    return {row.ref: row for row in CardRevision.objects.filter(pk__in=ids)}


def _balance(old: Facts, new: Facts) -> str:
    return f"{len(old)} → {len(new)}" if len(old) != len(new) and old and new else ""


def _lines(old: Facts, new: Facts) -> Iterator[Line]:
    for key in dict.fromkeys([*old, *new]):
        before, after = old.get(key, ""), new.get(key, "")
        if before != after:
            # A key with a colon is a reference: it tells rows apart and means nothing to a reader.
            yield from diff_value("" if ":" in key else key, before, after)


def _artifacts(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {item["path"]: _artifact(item) for item in dossier.version.artifacts}


def _parts(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {part_name(item): part_words(item) for item in dossier.version.parts}


def part_name(item: Mapping[str, str]) -> str:
    return f"{PartKind(item['kind']).label} {item['name']}"


def part_words(item: Mapping[str, str]) -> str:
    """What pins the part: its version, its digest, or both."""
    revision = f"version {item['revision']}" if item["revision"] else ""
    return ", ".join(filter(None, [revision, item["sha256"] and f"sha256:{item['sha256'][:12]}…"]))


def _artifact_check(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    check = dossier.version.artifact_check
    return {"": CheckOutcome(check["outcome"]).label.lower()} if check else {}


def _artifact(item: Mapping[str, Any]) -> str:
    octets = f", {size(item['size'])}" if item.get("size") is not None else ""
    return f"sha256:{item['sha256'][:12]}…{octets}"


def _dataset(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    data = dossier.version.lineage.get("dataset") or {}
    rows, digest = data.get("rows"), data.get("digest", "")
    counted_rows = counted(rows, "row") if isinstance(rows, int) else ""
    said = [data.get("name"), counted_rows, _words(digest)]
    return {"": ", ".join(filter(None, said))} if data else {}


def _lineage(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    version = dossier.version
    rest = {key: value for key, value in version.lineage.items() if key != "dataset"}
    return {
        key.replace("_", " "): _words(value)
        for key, value in ({"source": version.source, "run": version.run_id} | rest).items()
        if value
    }


def _words(value: Any) -> str:
    """Put a registered fact into one line; digests are shortened, lists keep their order."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_words(item)}" for key, item in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(_words(item) for item in value)
    text = str(value)
    return DIGEST.sub(lambda match: f"{match[0][:12]}…", text)


def _results(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    def order(result: ResultFact) -> tuple[str, ...]:
        return result.metric, result.slice, result.source, result.received_at

    # Of the same metric, slice and source on several data sets the newest stands last, and stays.
    return {_measured(r): r.value for r in sorted(dossier.version.results, key=order)}


def _measured(result: ResultFact) -> str:
    part = f" for {result.slice}" if result.slice else ""
    return f"{result.metric}{part}, {result.source.lower()}"


def _checks(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {check_name(check["id"]): _check(check) for check in dossier.checks}


def _check(check: Mapping[str, str]) -> str:
    """Of a check whose outcome depends on the day only what it measured is a fact."""
    outcome = check.get("outcome", "").replace("_", " ").lower()
    words = f"measured {check['measured']}, required {check['required']}"
    return f"{outcome}, {words}" if outcome else words


def _findings(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {finding.ref: _finding(finding) for finding in dossier.findings}


def _finding(finding: FindingFacts) -> str:
    return f"{finding.severity.lower()}, due {day(date.fromisoformat(finding.due_date))}"


def _report(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    if dossier.report is None:
        return {}
    signer = names.get(dossier.report.signed_by, "somebody")
    opinion = Opinion(dossier.report.opinion).label.lower()
    signed = f"signed by {signer} on {dossier.report.signed_at[:10]}"
    return {"": f"{opinion}, {signed}, sha256:{dossier.report.digest[:12]}…"}


def _card(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    card = dossier.card
    return {"": f"revision {card.number}, sha256:{card.digest[:12]}…"} if card else {}


def _record(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    model = dossier.model
    return {
        "tier": str(model.tier),
        "kind": model.kind.lower(),
        "owner": names.get(model.owner, "somebody"),
        "developers": ", ".join(names.get(ref, "somebody") for ref in model.developers),
        "purpose and intended use": f"sha256:{model.record_digest[:12]}…",
        "unit": model.unit,
        "jurisdictions": ", ".join(model.jurisdictions),
        "class under the EU AI Act": model.ai_act_class.replace("_", " ").lower(),
        "tier assessed": model.tier_assessed_at[:10],
        "class assessed": model.ai_act_assessed_at[:10],
    }


def _ticks(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {
        check_name(tick.check): f"{'holds' if tick.holds else 'does not hold'}, {tick.at[:10]}"
        for tick in dossier.ticks
    }


def _overrides(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {
        check_name(override.check): f"until {day(date.fromisoformat(override.expires_date))}"
        for override in dossier.overrides
    }


def _conditions(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {
        condition.ref: f"due {day(date.fromisoformat(condition.due_date))}, "
        f"{'met' if condition.is_met else 'open'}"
        for condition in dossier.conditions
    }


def _policy(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    policy = dossier.policy
    if "key" not in policy:
        return {"": "the rule of rolling back"}
    return {"": f"{policy['key']}, version {policy['number']}"}


def _place(dossier: Dossier, names: Mapping[str, str]) -> Facts:
    return {"stage": dossier.stage.lower(), "would replace": _numbered(dossier.incumbent)}


def _numbered(version: VersionFacts | None) -> str:
    return f"version {version.number}" if version else "nothing"


Reader = Callable[[Dossier, Mapping[str, str]], Facts]
READERS: dict[str, Reader] = {
    "Where it stands": _place,
    "Checks": _checks,
    "Measured values": _results,
    "Data set": _dataset,
    "Lineage": _lineage,
    "Artifacts": _artifacts,
    "Artifacts read again": _artifact_check,
    "Parts": _parts,
    "Model card": _card,
    "Validation report": _report,
    "Manual checks": _ticks,
    "Overrides": _overrides,
    "Conditions of earlier approvals": _conditions,
    "Open findings": _findings,
    "Inventory record": _record,
    "Policy": _policy,
}
SAID_ELSEWHERE = ("Where it stands", "Checks", "Model card")
"""What a comparison with the last approval leaves out: the same page says it better."""
