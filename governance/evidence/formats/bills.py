"""CycloneDX 1.6: a bill of the model versions in a pack, with the digests of their files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

Fields = Mapping[str, Any]


def bill_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the bill of every version that the evidence has a record of."""
    about = document["about"]
    names = {one["model"]: one["name"] for one in document["streams"] if "model" in one}
    files: dict[str, list[Fields]] = defaultdict(list)
    for _, fields in _records(document, "artifact"):
        files[f"version:{fields['version_id']}"].append(fields)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, document['seal'])}",
        "version": 1,
        "metadata": {
            "timestamp": about["as_of"],
            "supplier": {"name": about["organization"]},
            "properties": [_property("evidence:seal", document["seal"])],
        },
        "components": [
            _version(ref, fields, names, files[ref])
            for ref, fields in sorted(_records(document, "version"), key=lambda one: one[0])
        ],
    }


def _records(document: Mapping[str, Any], kind: str) -> Iterator[tuple[str, Fields]]:
    for record in document["records"].get(kind, ()):
        yield record["ref"], record["fields"]


def _version(
    ref: str, fields: Fields, names: Mapping[str, str], files: Sequence[Fields]
) -> dict[str, Any]:
    model = f"model:{fields['model_id']}"
    said: dict[str, Any] = {
        "type": "machine-learning-model",
        "bom-ref": ref,
        "name": names.get(model, model),
        "version": str(fields["number"]),
        "properties": [
            _property("model", model),
            _property("registration:sha256", fields["digest"]),
            _property("stage", fields["stage"]),
        ],
    }
    if files:
        said["components"] = [
            {
                "type": "file",
                "bom-ref": f"{ref}/{one['path']}",
                "name": one["path"],
                "hashes": [{"alg": "SHA-256", "content": one["sha256"]}],
            }
            for one in sorted(files, key=lambda one: str(one["path"]))
        ]
    return said


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": f"countersign:{name}", "value": str(value)}
