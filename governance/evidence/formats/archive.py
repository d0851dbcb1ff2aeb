"""A pack as a ZIP of plain files: JSON for machines, CSV for spreadsheets, and the verifier."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from governance.core.canonical import sha256_hex
from governance.core.sheets import csv_bytes
from governance.evidence import verify_pack
from governance.evidence.rules.matrix import MEMBER
from governance.evidence.rules.packs import EVIDENCE_NAME, VERIFIER_NAME, reference

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the earliest that a ZIP can say, so that equal evidence is equal."""
MODE = 0o100644 << 16
SUMS = "SHA256SUMS"


def archive(evidence: bytes, made: Mapping[str, bytes]) -> bytes:
    """Return the ZIP: the evidence as it is, what was `made` of it, tables, verifier and sums.

    Members stand in one order with one time, so that equal evidence gives equal bytes.
    """
    document = json.loads(evidence)
    files = {
        EVIDENCE_NAME: evidence,
        VERIFIER_NAME: Path(verify_pack.__file__).read_bytes(),
        **made,
        **{f"csv/{name}.csv": b"".join(csv_bytes(rows)) for name, rows in _tables(document)},
        "README.txt": _readme(evidence).encode(),
    }
    sums = "".join(f"{sha256_hex(data)}  {name}\n" for name, data in sorted(files.items()))
    return _zipped({**files, SUMS: sums.encode()})


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name, EPOCH)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, MODE
            # Else it says on which system it was made.
            member.create_system = 3
            target.writestr(member, data)
    return buffer.getvalue()


Rows = Iterable[Sequence[str]]


def _tables(document: Mapping[str, Any]) -> Iterator[tuple[str, Rows]]:
    yield "entries", _entries(document)
    if MEMBER in document:
        yield "coverage", _coverage(document[MEMBER])
    for kind, records in sorted(document["records"].items()):
        columns = sorted({name for record in records for name in record["fields"]})
        yield (
            f"records-{kind}",
            [
                ["ref", *columns],
                *(
                    [record["ref"], *(_cell(record["fields"].get(name)) for name in columns)]
                    for record in records
                ),
            ],
        )


def _entries(document: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    yield ["stream", "number", "at", "verb", "subject", "actor", "facts", "hash"]
    for stream in document["streams"]:
        for entry in stream["ledger"]:
            body = json.loads(entry["text"])
            said = [body[name] for name in ("stream", "seq", "at", "verb", "subject", "actor")]
            yield [*map(str, said), _cell(body["facts"]), entry["hash"]]


def _coverage(covered: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    yield [
        "model",
        "framework",
        "version",
        "requirement",
        "evidence",
        "because",
        "items",
        "missing",
    ]
    for ref, rows in sorted(covered["models"].items()):
        for row in rows:
            yield [
                ref,
                *(row[name] for name in ("framework", "version", "id", "state", "because")),
                "; ".join(item["label"] for item in row["items"]),
                "; ".join(row["missing"]),
            ]


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _readme(evidence: bytes) -> str:
    return (
        f"Evidence pack {reference(sha256_hex(evidence))}\n\n"
        f"{EVIDENCE_NAME} is the evidence; everything else here was made of it.\n"
        f"Check it with: python3 {VERIFIER_NAME} {EVIDENCE_NAME} --sha256 {sha256_hex(evidence)}\n"
        f"Check the other files with: sha256sum -c {SUMS}\n\n"
        "In csv/, what a spreadsheet would run as a formula begins with an apostrophe.\n"
        "Coverage says which requirement has which evidence, not that a requirement is met.\n"
    )
