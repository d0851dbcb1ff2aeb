"""The verifier alone, on forged evidence that no portal would write."""

from __future__ import annotations

import ast
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from governance.evidence import verify_pack
from governance.evidence.verify_pack import FAIL, GENESIS, NOT_PROVEN, canonical, verify

SOURCE = Path(verify_pack.__file__)
STREAM = "model:11111111-1111-4111-8111-111111111111"
SALT = "ab" * 16


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def chained(bodies: list[dict[str, Any]]) -> list[dict[str, str]]:
    entries, previous = [], GENESIS
    for number, body in enumerate(bodies, start=1):
        text = canonical(
            {
                "format": "countersign.ledger.entry/1",
                "stream": STREAM,
                "seq": number,
                "at": "2026-11-19T10:12:40.000000Z",
                "verb": "request.signed",
                "subject": STREAM,
                "actor": "user:a",
                "source": "PAGE",
                "request": "r1",
                "facts": {},
                **body,
            }
        )
        message = b"countersign.ledger.entry/1\0" + bytes.fromhex(previous) + text.encode()
        previous = hashlib.sha256(message).hexdigest()
        entries.append({"text": text, "hash": previous})
    return entries


def honest() -> dict[str, Any]:
    """Two entries, a dossier, and a sign-off with a comment."""
    text = canonical({"card": None, "policy": {"rule": "rollback/1"}, "report": None})
    dossier = {"text": text, "digest": sha(text), "salt": SALT}
    comment = {
        "ref": "prose:c",
        "salt": SALT,
        "text": "It stands.",
        "digest": sha(SALT + "It stands."),
    }
    signed = {
        "dossier_id": "d", "dossier_digest": dossier["digest"], "salt": SALT,
        "comment_id": "c", "comment_sha256": comment["digest"],
    }  # fmt: skip
    records = {"dossier:d": dossier, "sign_off:s": signed}
    states = [[ref, sha(canonical(fields))] for ref, fields in records.items()]
    ledger = chained([{"states": states[:1]}, {"states": states[1:]}])
    return {
        "format": "countersign.evidence/1",
        "about": {"stream": STREAM, "entries": 2, "head": ledger[-1]["hash"]},
        "ledger": ledger,
        "records": {
            "dossier": [{"ref": "dossier:d", "fields": dossier}],
            "sign_off": [{"ref": "sign_off:s", "fields": signed}],
        },
        "prose": [comment],
        "names": {},
    }


def sealed(document: dict[str, Any]) -> bytes:
    rest = {key: value for key, value in document.items() if key != "seal"}
    return canonical(rest | {"seal": sha(canonical(rest))}).encode()


def outcomes(data: bytes, wanted: str = FAIL) -> list[str]:
    return [check.subject for check in verify(data) if check.outcome == wanted]


def test_honest_evidence_passes() -> None:
    assert outcomes(sealed(honest())) == []


def cut_the_end(d: dict[str, Any]) -> None:
    d["ledger"].pop()


def cut_the_beginning(d: dict[str, Any]) -> None:
    d["ledger"].pop(0)


def swap_entries(d: dict[str, Any]) -> None:
    d["ledger"].reverse()


def take_another_stream(d: dict[str, Any]) -> None:
    d["about"]["stream"] = STREAM.replace("1", "2")


def claim_another_head(d: dict[str, Any]) -> None:
    d["about"]["head"] = "0" * 64


def change_a_record(d: dict[str, Any]) -> None:
    d["records"]["sign_off"][0]["fields"]["role"] = "APPROVER"


def change_a_comment(d: dict[str, Any]) -> None:
    d["prose"][0]["text"] = "It falls."


def add_a_comment(d: dict[str, Any]) -> None:
    d["prose"].append({"ref": "prose:x", "salt": "", "text": "Hm", "digest": sha("Hm")})


def hold_a_record_twice(d: dict[str, Any]) -> None:
    d["records"]["sign_off"].append(d["records"]["sign_off"][0])


def lose_the_dossier(d: dict[str, Any]) -> None:
    d["records"]["dossier"] = []


FORGERIES: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (cut_the_end, "Ledger"),
    (cut_the_beginning, "Ledger"),
    (swap_entries, "Ledger"),
    (take_another_stream, "Ledger"),
    (claim_another_head, "Ledger"),
    (change_a_record, "Records"),
    (hold_a_record_twice, "Records"),
    (change_a_comment, "Texts"),
    (add_a_comment, "Texts"),
    (lose_the_dossier, "Sign-offs"),
]


@pytest.mark.parametrize(("forge", "subject"), FORGERIES)
def test_a_forgery_fails_where_it_was_made(
    forge: Callable[[dict[str, Any]], None], subject: str
) -> None:
    document = honest()
    forge(document)
    assert subject in outcomes(sealed(document))


def test_a_changed_dossier_fails_as_text_and_as_record() -> None:
    document = honest()
    document["records"]["dossier"][0]["fields"]["text"] += " "
    assert {"Records", "Digests"} <= set(outcomes(sealed(document)))


@pytest.mark.parametrize("part", ["card", "report", "policy"])
def test_what_a_dossier_speaks_of_has_to_be_in_the_pack(part: str) -> None:
    document = honest()
    fields = document["records"]["dossier"][0]["fields"]
    dossier = json.loads(fields["text"]) | {part: {"ref": f"{part}:x", "digest": "0" * 64}}
    fields["text"] = canonical(dossier)
    assert "Sign-offs" in outcomes(sealed(document))


def test_an_erased_comment_is_not_proven_rather_than_failed() -> None:
    document = honest()
    comment = document["prose"][0]
    document["prose"][0] = {
        "ref": comment["ref"], "digest": comment["digest"], "erased_at": "2027-01-01"
    }  # fmt: skip
    assert outcomes(sealed(document)) == []
    assert "Texts" in outcomes(sealed(document), NOT_PROVEN)


def test_a_record_that_is_left_out_fails() -> None:
    """Else a rejection could be taken out of a pack, and the pack still pass."""
    document = honest()
    document["records"]["sign_off"] = []
    document["prose"] = []
    assert "Records" in outcomes(sealed(document))


def test_a_tag_that_is_left_out_is_not_proven() -> None:
    document = honest()
    document["ledger"] = chained([{"states": [["version_tag:t", "0" * 64]]}])
    document["about"] |= {"entries": 1, "head": document["ledger"][-1]["hash"]}
    assert outcomes(sealed(document)) == []
    assert "Records" in outcomes(sealed(document), NOT_PROVEN)


def test_a_text_that_is_left_out_fails() -> None:
    document = honest()
    document["prose"] = []
    assert "Texts" in outcomes(sealed(document))


def test_a_key_that_stands_twice_is_refused() -> None:
    text = sealed(honest()).decode()
    twice = text.replace('"names":{}', '"names":{},"names":{"user:a":"Eve"}')
    assert "twice" in verify(twice.encode())[-3].words


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"%PDF-1.7 nothing",
        b'{"format":"other"}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"format":"countersign.evidence/1","about":1.5}',
    ],
)
def test_anything_else_fails_in_words_and_never_with_a_traceback(data: bytes) -> None:
    assert "Form" in outcomes(data)


@pytest.mark.parametrize("number", [1, 2])
def test_evidence_without_its_members_fails_in_words(number: int) -> None:
    data = b'{"format":"countersign.evidence/%d"}' % number
    assert {"Seal", "Ledger", "Records", "Texts"} <= set(outcomes(data))


def test_evidence_that_is_not_in_canonical_form_is_refused() -> None:
    assert "Form" in outcomes(json.dumps(honest()).encode())


def test_two_attachments_are_one_too_many() -> None:
    stream = b"1 0 obj\n<< /Type /EmbeddedFile /Length 2 >>\nstream\n{}\nendstream\nendobj\n"
    words = verify(b"%PDF-1.7\n" + stream + stream)[-3].words
    assert "2 attached files" in words


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["evidence.json"], 0),
        (["changed.json"], 1),
        (["evidence.json", "--sha256", "0" * 64], 1),
        (["nothing.json"], 2),
    ],
)
def test_the_exit_code_is_the_answer(
    argv: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = sealed(honest())
    (tmp_path / "evidence.json").write_bytes(data)
    (tmp_path / "changed.json").write_bytes(data.replace(b"It stands.", b"It stood. "))
    monkeypatch.chdir(tmp_path)
    assert verify_pack.main(argv) == code


def test_a_digest_that_is_none_is_a_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as left:
        verify_pack.main(["x", "--sha256", "abc"])
    assert left.value.code == 2


def test_it_is_python_3_9_and_imports_the_standard_library_alone() -> None:
    tree = ast.parse(SOURCE.read_text(), feature_version=(3, 9))
    imported = {
        name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for name in node.names
    } | {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in imported}
    assert tops <= set(sys.stdlib_module_names)
