"""OSCAL assessment results (NIST, 1.1.3): what was looked at for each requirement, and found.

A finding of OSCAL has to say `satisfied` or `not-satisfied`. The portal says which requirement has
which evidence and never that one is met, so it writes observations and no findings; whoever
assesses draws those themself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from governance.core.canonical import sha256_hex
from governance.evidence.rules.matrix import MEMBER
from governance.evidence.rules.packs import EVIDENCE_NAME, reference

VERSION = "1.1.3"
NAMESPACE = "https://countersign.dev/ns/oscal"
WHY = (
    "Observations say which requirement has which evidence in these records. There are no findings "
    "here: they would have to call a requirement satisfied or not, which is for the assessor."
)
_NOT_TOKEN = re.compile(r"[^0-9A-Za-z._-]")


def assessment_results(evidence: bytes) -> dict[str, Any]:
    """Return the document; it rests on the evidence file, which it names by its SHA-256."""
    document, digest = json.loads(evidence), sha256_hex(evidence)
    about, source = document["about"], _uuid(digest, "evidence")
    as_of = about["as_of"]
    return {
        "assessment-results": {
            "uuid": _uuid(digest, "results"),
            "metadata": {
                "title": _line(f"Evidence pack {reference(digest)}"),
                "last-modified": as_of,
                "version": digest[:12],
                "oscal-version": VERSION,
                "parties": [
                    {
                        "uuid": _uuid(digest, "organization"),
                        "type": "organization",
                        "name": _line(about["organization"]),
                    }
                ],
                "remarks": WHY,
            },
            "import-ap": {
                "href": f"#{source}",
                "remarks": "No assessment plan in OSCAL: the requirements of the frameworks were "
                "gone through one by one.",
            },
            "results": [_result(document, digest, as_of)],
            "back-matter": {
                "resources": [
                    {
                        "uuid": source,
                        "title": "The machine-readable evidence of the pack",
                        "rlinks": [
                            {
                                "href": EVIDENCE_NAME,
                                "media-type": "application/json",
                                "hashes": [{"algorithm": "SHA-256", "value": digest}],
                            }
                        ],
                    }
                ]
            },
        }
    }


def _result(document: Mapping[str, Any], digest: str, as_of: str) -> dict[str, Any]:
    models = {one["model"]: one["name"] for one in document["streams"] if "model" in one}
    covered = document.get(MEMBER, {"frameworks": [], "models": {}})
    seen = list(_observations(covered, digest, as_of))
    result: dict[str, Any] = {
        "uuid": _uuid(digest, "result"),
        "title": "Evidence on record",
        "description": WHY,
        "start": as_of,
        "end": as_of,
        "reviewed-controls": {"control-selections": _selections(covered)},
    }
    if models:
        result["local-definitions"] = {
            "components": [_component(ref, name, digest) for ref, name in sorted(models.items())]
        }
    return {**result, "observations": seen} if seen else result


def _selections(covered: Mapping[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "description": _line(f"{one['name']}, {one['version']}"),
            "include-controls": [
                {"control-id": _token(one["id"], asked["id"])} for asked in one["requirements"]
            ],
        }
        for one in covered["frameworks"]
        if one["requirements"]
    ]
    return found or [{"description": "No framework was chosen for this pack."}]


def _component(ref: str, name: str, digest: str) -> dict[str, Any]:
    return {
        "uuid": _uuid(digest, ref),
        "type": "software",
        "title": _line(name),
        "description": "A model of the inventory.",
        "props": [_prop("reference", ref)],
        "status": {"state": "other", "remarks": "See the versions and stages in the evidence."},
    }


def _observations(covered: Mapping[str, Any], digest: str, as_of: str) -> Iterator[dict[str, Any]]:
    asked = {
        (one["id"], one["version"], requirement["id"]): requirement
        for one in covered["frameworks"]
        for requirement in one["requirements"]
    }
    for ref, rows in sorted(covered["models"].items()):
        for row in rows:
            key = (row["framework"], row["version"], row["id"])
            yield _observation(ref, row, asked[key], digest, as_of)


def _observation(
    ref: str, row: Mapping[str, Any], asked: Mapping[str, str], digest: str, as_of: str
) -> dict[str, Any]:
    control = _token(row["framework"], row["id"])
    said: dict[str, Any] = {
        "uuid": _uuid(digest, f"{ref} {control} {row['version']}"),
        "title": _line(f"{asked['citation']}: {asked['title']}"),
        "description": row["because"] or "Evidence was looked for in the records.",
        "props": [
            _prop("control-id", control),
            _prop("framework", row["framework"]),
            _prop("framework-version", row["version"]),
            _prop("evidence", row["state"]),
        ],
        "methods": ["EXAMINE"],
        "types": ["control-objective"],
        "subjects": [{"subject-uuid": _uuid(digest, ref), "type": "component"}],
        "collected": as_of,
    }
    if row["items"]:
        said["relevant-evidence"] = [_evidence(item) for item in row["items"]]
    if row["missing"]:
        said["remarks"] = "\n".join(("Missing:", *(f"- {_line(one)}" for one in row["missing"])))
    return said


def _evidence(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "href": f"{EVIDENCE_NAME}#{item['ref']}",
        "description": _line(item["label"]),
        "props": [_prop("day", item["day"]), _prop("stale", str(bool(item["stale"])).lower())],
    }


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NAMESPACE, "value": _line(value)}


def _uuid(digest: str, name: str) -> str:
    """A version 5 UUID, as OSCAL takes them, that equal evidence gives again."""
    return str(uuid5(uuid5(NAMESPACE_URL, f"{NAMESPACE}/{digest}"), name))


def _token(*parts: str) -> str:
    """An identifier of OSCAL: letters, digits and . - _, beginning with a letter."""
    return "_".join(("c", *(_NOT_TOKEN.sub("-", part) for part in parts)))


def _line(text: str) -> str:
    return " ".join(str(text).split()) or "None"
