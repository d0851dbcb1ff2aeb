"""The verifier as a stranger runs it, before forgers who have the database, the portal, or both."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from governance.core.canonical import canonical
from governance.evidence import verify_pack
from governance.evidence.verify_pack import FAIL, NOT_PROVEN, PASS, Check, verify
from tests.pdf.forging import (
    OTHER,
    Document,
    Resigned,
    World,
    bodies_of,
    chained,
    make_world,
    sealed,
)
from tests.pdf.support import of_a_module

pytestmark = pytest.mark.django_db
Told = dict[str, set[str]]


@pytest.fixture(scope="module")
def world(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    with of_a_module(django_db_blocker):
        yield make_world(tmp_path_factory.mktemp("keys"))


def told(checks: list[Check]) -> Told:
    """For each outcome, what has it."""
    found: Told = {PASS: set(), FAIL: set(), NOT_PROVEN: set()}
    for check in checks:
        found[check.outcome].add(check.subject)
    return found


def run(folder: Path, data: bytes, *options: str, **files: str) -> tuple[int, Told, str]:
    """Run the script alone, without anything that is installed: exit code, checks, all words."""
    (folder / "verify_pack.py").write_bytes(Path(verify_pack.__file__).read_bytes())
    (folder / "pack").write_bytes(data)
    argv = [sys.executable, "-I", "-S", "verify_pack.py", "pack", "--json", *options]
    for name, text in files.items():
        (folder / name).write_text(text)
        argv += [f"--{name}", name]
    answer = subprocess.run(argv, cwd=folder, env={}, capture_output=True, text=True, check=False)
    assert answer.stderr == "" or answer.returncode == 2, answer.stderr
    checks = [Check(**one) for one in json.loads(answer.stdout or "[]")]
    return answer.returncode, told(checks), " ".join(check.words for check in checks)


PROVEN = {"Checkpoint", "Signature", "End", "Inclusion", "Bindings", "Ledger", "Records"}


def test_with_the_portals_key_all_of_it_is_proven(world: World, tmp_path: Path) -> None:
    code, found, words = run(tmp_path, world.evidence, "--key", world.key)
    assert code == 0
    assert found[FAIL] == set()
    assert found[PASS] >= PROVEN
    assert "has exactly" in words
    assert found[NOT_PROVEN] >= {"Truth", "After the checkpoint", "Other streams"}


def test_without_a_key_it_is_not_known_whose_signature_it_is(world: World, tmp_path: Path) -> None:
    code, found, _ = run(tmp_path, world.evidence)
    assert code == 0
    assert {"Signature", "Bindings"} <= found[NOT_PROVEN]
    assert found[FAIL] == set()


def test_last_years_key_vouches_for_the_one_after_it(world: World, tmp_path: Path) -> None:
    code, found, words = run(tmp_path, world.evidence, "--key", world.old_key)
    assert (code, found[FAIL]) == (0, set())
    assert "a key that yours handed over to" in words


def test_last_years_checkpoint_is_held_against_it_offline(world: World, tmp_path: Path) -> None:
    code, found, words = run(tmp_path, world.evidence, "--key", world.key, checkpoint=world.kept)
    assert (code, "Earlier checkpoint" in found[PASS]) == (0, True)
    size = world.kept.split("\n")[1]
    assert f"all {size} entries that yours covers stand unchanged" in words


def test_last_years_pack_serves_as_well_as_its_checkpoint(world: World, tmp_path: Path) -> None:
    code, found, _ = run(tmp_path, world.pack.pdf, checkpoint=world.earlier.decode())
    assert (code, "Earlier checkpoint" in found[PASS]) == (0, True)


def test_a_pdf_is_read_like_its_evidence(world: World, tmp_path: Path) -> None:
    digest = world.pack.file_digest
    code, found, _ = run(tmp_path, world.pack.pdf, "--key", world.key, "--sha256", digest)
    assert (code, found[FAIL]) == (0, set())
    assert {"File", "Content"} | PROVEN <= found[PASS]


def test_a_pdf_that_was_sealed_afterwards_is_read_all_the_same(
    world: World, tmp_path: Path
) -> None:
    seal = b"\n9 0 obj\n<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>\nendobj\nxref\n%%EOF\n"
    code, found, words = run(tmp_path, world.pack.pdf + seal, "--key", world.key)
    assert (code, found[FAIL]) == (0, set())
    assert "Seal of the PDF" in found[NOT_PROVEN]
    assert "pdfsig" in words


# --- What one asks for and cannot be shown ----------------------------------------------------


def without_proofs_from_earlier(world: World) -> bytes:
    document = world.document()
    document["checkpoint"]["since"] = []
    return sealed(document)


def test_without_the_proof_last_years_checkpoint_shows_nothing(
    world: World, tmp_path: Path
) -> None:
    data = without_proofs_from_earlier(world)
    code, found, _ = run(tmp_path, data, checkpoint=world.kept)
    assert (code, "Earlier checkpoint" in found[NOT_PROVEN]) == (2, True)
    (proof,) = world.document()["checkpoint"]["since"]
    code, found, _ = run(tmp_path, data, checkpoint=world.kept, consistency=proof)
    assert (code, "Earlier checkpoint" in found[PASS]) == (0, True)


def test_a_key_is_no_use_where_there_is_no_checkpoint(world: World, tmp_path: Path) -> None:
    """Else whoever cannot sign would take the checkpoint out."""
    document = world.document() | {"checkpoint": None}
    code, found, _ = run(tmp_path, sealed(document), "--key", world.key)
    assert (code, found[FAIL]) == (2, set())
    assert "Checkpoint" in found[NOT_PROVEN]


def test_a_witness_that_did_not_cosign_is_not_one(world: World, tmp_path: Path) -> None:
    witness = verify_pack.Key("witness.example/w1", verify_pack.WITNESS_KEY, bytes(32))
    public = verify_pack.base64.b64encode(b"\x04" + witness.public).decode()
    code, found, _ = run(
        tmp_path, world.evidence, "--key", f"{witness.name}+{witness.id().hex()}+{public}"
    )
    assert (code, "Witnesses" in found[NOT_PROVEN]) == (2, True)


@pytest.mark.parametrize("options", [["--key", "a+b"], ["--sha256", "12"]])
def test_what_cannot_be_read_is_said_to_whoever_brought_it(
    world: World, tmp_path: Path, options: list[str]
) -> None:
    assert run(tmp_path, world.evidence, *options)[0] == 2


# --- Forgers ----------------------------------------------------------------------------------

Forge = Callable[[Document, World], None]


def leave_an_entry_out(d: Document, _: World) -> None:
    d["streams"][0]["ledger"].pop(3)


def leave_an_entry_out_and_number_anew(d: Document, _: World) -> None:
    bodies = bodies_of(d["streams"][0])
    chained(d["streams"][0], bodies[:3] + bodies[4:])


def cut_the_end_off(d: Document, _: World) -> None:
    chained(d["streams"][0], bodies_of(d["streams"][0])[:-1])


def rewrite_the_whole_stream(d: Document, _: World) -> None:
    bodies = bodies_of(d["streams"][0])
    bodies[2]["actor"] = "user:00000000-0000-4000-8000-000000000000"
    chained(d["streams"][0], bodies)


def show_the_proofs_of_another_stream(d: Document, _: World) -> None:
    first, second = d["streams"]
    for name in ("end", "proofs"):
        first[name], second[name] = second[name], first[name]


def replay_an_older_checkpoint(d: Document, world: World) -> None:
    """The pack of today rests on what was signed before the last entries were written."""
    older = json.loads(world.earlier)
    d["checkpoint"] = older["checkpoint"]
    d["about"]["as_of"] = older["about"]["as_of"]


def replay_it_with_its_proofs(d: Document, world: World) -> None:
    replay_an_older_checkpoint(d, world)
    older = json.loads(world.earlier)
    for stream, before in zip(d["streams"], older["streams"], strict=True):
        stream |= {"end": before["end"], "proofs": before["proofs"]}
    d["entries"] = older["entries"]


def claim_another_day(d: Document, _: World) -> None:
    d["about"]["as_of"] = "2031-01-01T00:00:00.000000Z"


def show_another_signature(d: Document, world: World) -> None:
    """Of the same key: that which it gave to another tree."""
    old = d["checkpoint"]["note"]
    new = old.rpartition("\n\n")[0] + "\n\n" + signature_of_the_handover(d)
    for part in parts_with_a_note(d):
        for name, value in part.items():
            if isinstance(value, str):
                part[name] = value.replace(old, new)


def signature_of_the_handover(d: Document) -> str:
    lines = d["checkpoint"]["handovers"][0]["proof"].rpartition("\n\n")[2].splitlines()
    return f"{lines[-1]}\n"


def parts_with_a_note(d: Document) -> Iterator[Document]:
    yield d["checkpoint"]
    yield from d["entries"]
    for stream in d["streams"]:
        yield stream["end"]
        yield from stream["proofs"]


def show_the_records_of_another_model(d: Document, world: World) -> None:
    """The streams of one model, the records of the other."""
    d["streams"] = d["streams"][:1]
    other = json.loads(world.evidence)["streams"][1]["stream"]
    d["records"]["model"] = [r for r in d["records"]["model"] if r["ref"] == other]


def call_a_model_by_the_others_name(d: Document, _: World) -> None:
    first, second = d["streams"]
    first["name"], second["name"] = second["name"], first["name"]


def change_a_policy(d: Document, _: World) -> None:
    d["records"]["policy"][0]["fields"]["title"] = "Anything goes"


def change_who_signed(d: Document, _: World) -> None:
    d["records"]["sign_off"][0]["fields"]["role"] = "COMPLIANCE"


def let_the_key_be_handed_to_a_forger(d: Document, _: World) -> None:
    entry = d["checkpoint"]["handovers"][0]["entry"]
    body = json.loads(entry["text"])
    body["facts"]["old"], body["facts"]["new"] = body["facts"]["new"], body["facts"]["old"]
    entry["text"] = canonical(body)


def say_that_it_is_a_part_alone(d: Document, _: World) -> None:
    """A stream whose end is missing, told as part of one, has to say so."""
    cut_the_end_off(d, _)
    d["streams"][0]["records"] = False


FORGERIES: list[tuple[Forge, set[str]]] = [
    (leave_an_entry_out, {"Ledger"}),
    (leave_an_entry_out_and_number_anew, {"End", "Inclusion"}),
    (cut_the_end_off, {"End", "Inclusion"}),
    (rewrite_the_whole_stream, {"End", "Inclusion"}),
    (show_the_proofs_of_another_stream, {"End", "Inclusion"}),
    (replay_an_older_checkpoint, {"End", "Inclusion"}),
    (replay_it_with_its_proofs, {"End"}),
    (claim_another_day, {"Checkpoint"}),
    (show_another_signature, {"Signature"}),
    (show_the_records_of_another_model, {"Records"}),
    (call_a_model_by_the_others_name, {"Records"}),
    (change_a_policy, {"Records"}),
    (change_who_signed, {"Records", "Bindings"}),
    (let_the_key_be_handed_to_a_forger, {"Signature"}),
    (say_that_it_is_a_part_alone, {"Inclusion"}),
]


@pytest.mark.parametrize(
    ("forge", "subjects"), FORGERIES, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_forgery_fails_where_it_was_made(
    world: World, tmp_path: Path, forge: Forge, subjects: set[str]
) -> None:
    document = world.document()
    forge(document, world)
    code, found, _ = run(tmp_path, sealed(document), "--key", world.key)
    assert code == 1
    assert subjects <= found[FAIL]
    assert "Seal" in found[PASS]


def test_a_ledger_written_anew_is_caught_by_the_key_and_by_the_checkpoint_kept(
    world: World, tmp_path: Path
) -> None:
    """The strongest forger: every hash, tree, proof and signature is right, by another key."""
    document = world.document()
    cut_the_end_off(document, world)
    forged = Resigned(document, origin=world.key.partition("+")[0])
    data = sealed(forged.document)
    code, found, _ = run(tmp_path, data)
    assert {"Checkpoint", "End", "Inclusion"} <= found[PASS]
    assert {"Signature"} <= found[NOT_PROVEN]
    code, found, _ = run(tmp_path, data, "--key", world.key)
    assert (code, "Signature" in found[FAIL]) == (1, True)
    code, found, _ = run(tmp_path, data, checkpoint=world.kept)
    assert (code, "Earlier checkpoint" in found[FAIL]) == (1, True)


def test_what_is_forged_whole_passes_with_the_forgers_own_key(world: World, tmp_path: Path) -> None:
    """So the forgery above is one that only the key and the checkpoint can find."""
    forged = Resigned(world.document(), origin="portal.example/ledger")
    code, found, _ = run(tmp_path, sealed(forged.document), "--key", str(forged.key))
    assert found[FAIL] == {"Bindings"}
    assert {"Checkpoint", "Signature", "End", "Inclusion"} <= found[PASS]
    assert code == 1


def test_the_checkpoint_of_another_ledger_is_not_taken_for_this_one(
    world: World, tmp_path: Path
) -> None:
    forged = Resigned(world.document(), origin=OTHER)
    code, found, words = run(tmp_path, sealed(forged.document), "--key", world.key)
    assert (code, "Signature" in found[FAIL]) == (1, True)
    assert f"the checkpoint is of {OTHER}" in words
    code, found, _ = run(tmp_path, sealed(forged.document), checkpoint=world.kept)
    assert (code, "Earlier checkpoint" in found[FAIL]) == (1, True)


def test_a_ledger_that_forgot_last_year_is_caught_by_who_kept_a_checkpoint(
    world: World, tmp_path: Path
) -> None:
    """Signed by the portal's own key, over another history."""
    document = world.document()
    document["checkpoint"]["since"] = []
    data = sealed(document)
    lines = world.kept.split("\n")
    (proof,) = world.document()["checkpoint"]["since"]
    changed = proof.replace(proof.split("\n")[1], lines[2], 1)
    assert changed != proof
    code, found, _ = run(tmp_path, data, checkpoint=world.kept, consistency=changed)
    assert (code, "Earlier checkpoint" in found[FAIL]) == (1, True)


def test_a_checkpoint_newer_than_the_packs_can_be_held_against_it(
    world: World, tmp_path: Path
) -> None:
    (proof,) = world.document()["checkpoint"]["since"]
    note = world.document()["checkpoint"]["note"]
    code, found, words = run(tmp_path, world.earlier, checkpoint=note, consistency=proof)
    assert (code, "Earlier checkpoint" in found[FAIL]) == (1, True)
    assert "none of this ledger's keys" in words
    code, found, words = run(
        tmp_path, world.earlier, "--key", world.key, "--key", world.old_key,
        checkpoint=note, consistency=proof,
    )  # fmt: skip
    assert (code, "Earlier checkpoint" in found[PASS]) == (0, True)
    assert "the pack says nothing" in words


def test_in_process_it_says_the_same(world: World) -> None:
    checks = verify(world.evidence, keys=(world.key,), checkpoint=world.kept)
    assert told(checks)[FAIL] == set()
    assert "Earlier checkpoint" in told(checks)[PASS]
