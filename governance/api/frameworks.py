"""The shape of frameworks: versions, what each asks for, how that relates, and what is due when."""

from __future__ import annotations

from typing import Any

from governance.evidence.firm import requirement_sets
from governance.evidence.rules.requirements import (
    Obligation,
    Related,
    Requirement,
    RequirementSet,
    RequirementSets,
)
from governance.inventory.firm import adopted, catalogue
from governance.inventory.rules.frameworks import Framework, FrameworkVersion


def frameworks_body() -> dict[str, Any]:
    """Every framework in the order of its name, with how many requirements each version has."""
    sets = requirement_sets()
    return {
        "catalogue_digest": catalogue().digest,
        "requirements_digest": sets.digest,
        "frameworks": [
            _head(one) | {"versions": [_version(one, each, sets) for each in one.versions]}
            for one in catalogue().frameworks
        ],
    }


def framework_body(framework: Framework) -> dict[str, Any]:
    """One framework whole. Of a version that no file says anything of, requirements are null."""
    sets = requirement_sets()
    return _head(framework) | {
        "catalogue_digest": catalogue().digest,
        "requirements_digest": sets.digest,
        "versions": [
            _version(framework, each, sets) | _asked(sets.of(framework.id, each.version), sets)
            for each in framework.versions
        ],
        "obligations": [_obligation(one) for one in sets.due_by(framework.id)],
    }


def _head(framework: Framework) -> dict[str, Any]:
    after = catalogue().successor_of(framework.id)
    chosen = adopted()
    return {
        "id": framework.id,
        "name": framework.name,
        "title": framework.title,
        "issuer": framework.issuer,
        "kind": framework.kind.value,
        "supersedes": list(framework.supersedes),
        "superseded_by": after.id if after else None,
        "adopted": framework.id in chosen,
        "adopted_from": chosen.get(framework.id),
    }


def _version(framework: Framework, one: FrameworkVersion, sets: RequirementSets) -> dict[str, Any]:
    asked = sets.of(framework.id, one.version)
    return {
        "version": one.version,
        "from": one.from_date,
        "until": one.until,
        "note": one.note or None,
        "sources": list(one.sources),
        "requirement_count": len(asked.requirements) if asked else None,
    }


def _asked(found: RequirementSet | None, sets: RequirementSets) -> dict[str, Any]:
    if found is None:
        return {"requirements": None, "requirements_note": None}
    return {
        "requirements_note": found.note or None,
        "requirements": [_requirement(one, sets) for one in found.requirements],
    }


def _requirement(one: Requirement, sets: RequirementSets) -> dict[str, Any]:
    return {
        "id": one.id,
        "group": one.group,
        "title": one.title,
        "summary": one.summary,
        "citation": one.citation,
        "evidence": list(one.evidence),
        "concerns": list(one.concerns),
        "level": one.level.value,
        "when": _when(one),
        "otherwise": one.otherwise or None,
        "from": one.from_date,
        "crosswalk": [_related(each) for each in sets.related(one)],
    }


def _when(one: Requirement | Obligation) -> list[dict[str, list[str]]]:
    return [{key: sorted(values) for key, values in each.items()} for each in one.when]


def _related(one: Related) -> dict[str, Any]:
    relation = one.link.relation if one.onward else one.link.relation.inverse
    return {
        "relation": relation.value,
        "framework": one.edition[0],
        "version": one.edition[1],
        "requirement": one.other.id if one.other else None,
        "because": one.link.because,
    }


def _obligation(one: Obligation) -> dict[str, Any]:
    period = one.period
    return {
        "id": one.id,
        "title": one.title,
        "what": one.what,
        "citation": one.citation,
        "day": one.day,
        "period": {
            "mode": period.mode.value,
            "number": period.number,
            "unit": period.unit.value,
            "of": period.of,
        }
        if period
        else None,
        "level": one.level.value,
        "when": _when(one),
        "otherwise": one.otherwise or None,
        "requirements": list(one.requirements),
    }
