"""Evidence of one moment: as of a checkpoint, the same bytes each time, of models and periods."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.core.management import CommandError, call_command
from django.test import override_settings

from governance.audit import notes
from governance.audit.checkpointing import make_checkpoint
from governance.core.canonical import canonical
from governance.evidence.actions.collecting import anchor_of, as_of_now, size_of
from governance.evidence.actions.making import make_pack
from governance.evidence.models import Pack
from governance.evidence.queries.collecting import collect, collect_trail
from governance.evidence.queries.proving import Anchor
from governance.evidence.queries.streams import Period
from governance.evidence.rules.packs import CheckpointBehind, CheckpointUnknown
from governance.evidence.rules.reading import Evidence
from governance.evidence.verify_pack import FAIL, NOT_PROVEN, verify
from governance.registry.actions import comment_on_version
from governance.registry.models import ModelVersion
from tests.factories import (
    NOON,
    Cast,
    make_champion,
    make_model,
    make_policies,
    make_policy,
    make_version,
)
from tests.pdf.exceptions import TO_PRODUCTION
from tests.pdf.support import quietly, read_against

pytestmark = pytest.mark.django_db
BY = "system:test"


@pytest.fixture
def version(cast: Cast) -> ModelVersion:
    make_policies(cast)
    model = make_model(cast, tier=1)
    version = make_version(cast, model)
    make_champion(cast, version)
    return version


def signed() -> Anchor:
    point = make_checkpoint(actor=BY, at=NOON)
    return Anchor(point=point, note=point.note)


def remark(version: ModelVersion, cast: Cast, *, days: int = 0) -> None:
    at = NOON + timedelta(days=days)
    comment_on_version(version=version, text=f"On day {days}.", actor=cast.owner, at=at)


def outcomes(document: dict[str, Any], wanted: str) -> set[str]:
    checks = verify(canonical(document).encode())
    return {check.subject for check in checks if check.outcome == wanted}


def before_the_seal(pdf: bytes) -> bytes:
    """The seal is what was appended to the file that was drawn; no two signatures are alike."""
    assert pdf.count(b"%%EOF") == 2
    return pdf[: pdf.index(b"%%EOF")]


def test_the_same_checkpoint_gives_the_same_bytes_whoever_asks_and_whenever(
    version: ModelVersion, cast: Cast
) -> None:
    anchor = signed()
    first, second = (
        make_pack(read_against(version.model), by=by, at=at, report=quietly, anchor=anchor)
        for by, at in ((cast.auditor.ref, NOON), (cast.owner.ref, NOON + timedelta(days=9)))
    )
    assert first.evidence == second.evidence
    assert before_the_seal(first.pdf) == before_the_seal(second.pdf)
    assert str(cast.auditor.pk) not in first.evidence.decode()


def test_the_checkpoint_of_a_pack_builds_it_again(
    version: ModelVersion, cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def built(**options: Any) -> dict[str, str]:
        call_command(
            "build_pack", model=version.model.name, out=tmp_path / "out", json=True, **options
        )
        return dict(json.loads(capsys.readouterr().out))

    first = built()
    kept = tmp_path / "kept.checkpoint"
    kept.write_bytes(Path(first["checkpoint"]).read_bytes())
    second = built(checkpoint=kept)
    assert {**second, "sha256": ""} == {**first, "sha256": ""}
    assert Pack.objects.count() == 2

    remark(version, cast)
    with pytest.raises(CommandError, match="does not cover"):
        built(checkpoint=kept)
    later = built(since=[kept])
    run = exit_code(
        lambda: call_command("verify_pack", later["pdf"], checkpoint=str(kept), json=True)
    )
    told = {one["subject"]: one["outcome"] for one in json.loads(capsys.readouterr().out)}
    assert (run, told["Earlier checkpoint"]) == (0, "PASS")
    assert Pack.objects.count() == 3


def exit_code(command: Callable[[], Any]) -> int:
    with pytest.raises(SystemExit) as left:
        command()
    return int(left.value.code or 0)


@pytest.mark.parametrize("note", ["", "no checkpoint", "a\n1\nAAAA\n\nb\n"])
def test_what_is_no_checkpoint_of_this_portal_is_refused(version: ModelVersion, note: str) -> None:
    signed()
    for reads in (anchor_of, size_of):
        with pytest.raises(CheckpointUnknown, match="no checkpoint of this portal"):
            reads(note)


def test_where_somebody_writes_meanwhile_it_is_done_again(
    version: ModelVersion, cast: Cast
) -> None:
    asked: list[Anchor | None] = []

    def meanwhile() -> dict[str, Any]:
        if len(asked) < 3:
            remark(version, cast, days=len(asked))
        return {}

    def gathered(anchor: Anchor | None) -> dict[str, Any]:
        asked.append(anchor)
        return collect([version.model], anchor=anchor, more=meanwhile)

    document = as_of_now(gathered, by=BY, at=NOON)
    assert len(asked) == 3
    assert outcomes(document, FAIL) == set()
    assert "End" not in outcomes(document, NOT_PROVEN)
    last = json.loads(document["streams"][0]["ledger"][-1]["text"])
    assert last["verb"] == "comment.written"


def test_where_writing_never_ends_nothing_is_given_out(version: ModelVersion, cast: Cast) -> None:
    days = count()

    def restless() -> dict[str, Any]:
        remark(version, cast, days=next(days))
        return {}

    with pytest.raises(CheckpointBehind, match="does not cover"):
        as_of_now(lambda a: collect([version.model], anchor=a, more=restless), by=BY, at=NOON)


def test_a_policy_that_was_signed_after_the_checkpoint_is_noticed_too(
    version: ModelVersion, cast: Cast
) -> None:
    anchor = signed()
    entries = collect([version.model], anchor=anchor)["entries"]
    assert {entry["stream"] for entry in entries} == {"firm"}
    make_policy(cast, TO_PRODUCTION)
    with pytest.raises(CheckpointBehind, match="firm"):
        collect([version.model], anchor=anchor)


def test_without_a_key_it_is_gathered_all_the_same_and_says_so(version: ModelVersion) -> None:
    with override_settings(LEDGER_KEY="no key at all"):
        document = as_of_now(lambda a: collect([version.model], anchor=a), by=BY, at=NOON)
    assert document["checkpoint"] is None
    assert outcomes(document, FAIL) == set()
    assert outcomes(document, NOT_PROVEN) >= {"Checkpoint", "End of the stream", "Records"}


def test_a_witness_that_cosigned_is_told_with_its_time(version: ModelVersion) -> None:
    anchor, private = signed(), Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    witness = notes.VerifierKey("witness.example/w1", public, notes.COSIGNATURE)
    text = notes.parse(anchor.note).text
    line = notes.cosign(text, witness, private.sign, time=1_800_000_000)
    cosigned = replace(anchor, note=anchor.note + str(line))
    evidence = canonical(collect([version.model], anchor=cosigned)).encode()
    told = {one.subject: one for one in verify(evidence, keys=(str(witness),))}
    assert told["Witnesses"].outcome == "PASS"
    assert "at 2027-01-15 08:00:00 UTC" in told["Witnesses"].words
    assert "One ledger for all" not in told
    assert "One ledger for all" in {one.subject for one in verify(evidence)}
    # The witness vouches for the checkpoint, and not for whose it is.
    assert told["Signature"].outcome == NOT_PROVEN


def test_several_models_are_read_each_by_itself(version: ModelVersion, cast: Cast) -> None:
    other = make_model(cast, name="credit-model", tier=1)
    make_version(cast, other)
    document = collect([other, version.model], anchor=signed())
    assert outcomes(document, FAIL) == set()
    views = {view.about["name"]: view for view in Evidence(canonical(document)).of_models()}
    first, second = views[version.model.name], views["credit-model"]
    assert [held.ref for held in first.all("version")] == [version.ref]
    assert [held["name"] for held in second.all("model")] == ["credit-model"]
    assert len(first.all("policy")) == len(second.all("policy")) == 2
    assert first.entries[0].hash != second.entries[0].hash
    assert {e.seq for e in second.entries} == set(range(1, second.about["entries"] + 1))
    assert first.in_order("version")[0].ref == version.ref
    alone = Evidence(canonical(collect([other])))
    assert alone.about["head"] == second.about["head"]


def period(first: int, last: int) -> Period:
    return Period(since=NOON + timedelta(days=first), until=NOON + timedelta(days=last))


def test_a_period_shows_the_entries_around_it(version: ModelVersion, cast: Cast) -> None:
    for day in range(1, 7):
        remark(version, cast, days=day)
    model = version.model
    document = collect_trail([model], period=period(2, 5), anchor=signed(), streams=["firm"])
    assert outcomes(document, FAIL) == set()
    assert "Period" not in outcomes(document, NOT_PROVEN)
    of_model = next(one for one in document["streams"] if one["stream"] == model.stream)
    days = [json.loads(one["text"])["at"][8:10] for one in of_model["ledger"]]
    assert days == ["03", "04", "05", "06", "07"]
    assert (document["records"], document["prose"]) == ({}, [])


def test_a_period_in_which_nothing_happened_shows_that(version: ModelVersion, cast: Cast) -> None:
    remark(version, cast, days=9)
    document = collect_trail([version.model], period=period(2, 5), anchor=signed())
    words = [check.words for check in verify(canonical(document).encode())]
    assert any("has 0 entries from" in one for one in words)
    assert outcomes(document, FAIL) == set()
    assert document["streams"][0]["entries"] == 2


@pytest.mark.parametrize("lost", [0, -1, 2])
def test_an_entry_of_a_period_cannot_be_left_out(
    version: ModelVersion, cast: Cast, lost: int
) -> None:
    for day in range(1, 7):
        remark(version, cast, days=day)
    document = collect_trail([version.model], period=period(2, 5), anchor=signed())
    stream = document["streams"][0]
    gone = stream["ledger"].pop(lost)
    if lost == 0:
        stream |= {"first": stream["first"] + 1, "previous": gone["hash"]}
    stream |= {"entries": stream["entries"] - 1, "head": stream["ledger"][-1]["hash"]}
    assert outcomes(document, FAIL) & {"Ledger", "Inclusion", "Period"}


def test_the_trail_goes_on_being_right_when_more_is_written(
    version: ModelVersion, cast: Cast
) -> None:
    for day in range(1, 4):
        remark(version, cast, days=day)
    anchor = signed()
    before = collect_trail([version.model], period=period(1, 3), anchor=anchor)
    remark(version, cast, days=8)
    assert collect_trail([version.model], period=period(1, 3), anchor=anchor) == before
    with pytest.raises(CheckpointBehind):
        collect_trail([version.model], period=period(1, 9), anchor=anchor)
