"""Copies of checkpoints in a folder, a Git repository, a bucket, by mail, webhook and timestamp."""

from __future__ import annotations

import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from django.db import IntegrityError, connection, transaction
from moto.server import ThreadedMotoServer

from governance.audit import checkpointing, copying, triggers
from governance.audit.alarms import standing_alarms
from governance.audit.models import CheckpointCopy, LedgerEntry, TargetTry
from governance.audit.targets import target_at
from governance.audit.targets.shipping import Contradicted, Store, TargetFails
from tests.copies import copy_to, grow, root_from_tiles, root_in
from tests.ledger_attacks import cut_off, rebuild_tree, rewrite
from tests.ledger_entries import NOON, small_ledger
from tests.servers import free_port
from tests.smtp_server import Mailbox, mail_server
from tests.time_stamping import make_authority, serving
from tests.webhook_receiver import receiver

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ledger() -> None:
    small_ledger()


@pytest.fixture
def open_ledger() -> None:
    triggers.remove(connection)


@pytest.fixture
def worm(tmp_path: Path) -> Path:
    folder = tmp_path / "worm"
    folder.mkdir()
    return folder


def everything_in(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and ".git/" not in str(path))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def alarms() -> list[str]:
    return [entry.facts["rule"] for entry in standing_alarms()]


# --- a folder ------------------------------------------------------------------------------------


def test_a_folder_gets_checkpoint_and_tiles(worm: Path) -> None:
    point = grow()
    copy = copy_to(f"dir:{worm}")
    assert copy is not None
    files = everything_in(worm)
    assert set(files) == {"checkpoint", f"checkpoints/{point.size}", f"tile/0/000.p/{point.size}"}
    assert files["checkpoint"].decode() == point.note
    assert (point.size, root_from_tiles(files.__getitem__, point.size)) == root_in(
        files["checkpoint"]
    )
    assert copying.copies_of(point) == [copy]
    assert copy_to(f"dir:{worm}") is None, "it has it"
    assert CheckpointCopy.objects.count() == 1


def test_a_folder_keeps_what_it_has_and_gets_what_is_new(worm: Path) -> None:
    grow()
    copy_to(f"dir:{worm}")
    before = everything_in(worm)
    point = grow(300, minute=30)
    copy_to(f"dir:{worm}", minute=40)
    after = everything_in(worm)
    assert {path for path in before if after[path] != before[path]} == {"checkpoint"}
    assert {"tile/0/000", "tile/1/000.p/1"} <= after.keys()
    assert root_from_tiles(after.__getitem__, point.size) == point.root


def test_a_tile_is_what_the_tree_says(worm: Path) -> None:
    grow(600)
    copy_to(f"dir:{worm}")
    files = everything_in(worm)
    full = [files[f"tile/0/00{number}"] for number in (0, 1)]
    assert [len(one) for one in full] == [8192, 8192]
    roots = [root_from_tiles({"tile/0/000": one}.__getitem__, 256) for one in full]
    assert files["tile/1/000.p/2"].hex() == "".join(roots)


def test_a_crash_between_tiles_and_checkpoint_is_mended(worm: Path) -> None:
    grow()
    copy_to(f"dir:{worm}")
    old = (worm / "checkpoint").read_bytes()
    grow(300, minute=30)
    copy_to(f"dir:{worm}", minute=40)
    (worm / "checkpoint").write_bytes(old)
    later = grow(2, minute=50)
    copy_to(f"dir:{worm}", minute=60)
    assert root_in((worm / "checkpoint").read_bytes()) == (later.size, later.root)
    assert not alarms()


def test_a_folder_that_is_not_there_is_not_made(worm: Path) -> None:
    grow()
    with pytest.raises(TargetFails, match="does not exist"):
        copy_to(f"dir:{worm}/unmounted")
    assert not list(worm.iterdir())
    assert not CheckpointCopy.objects.exists()
    assert not alarms()


def test_a_folder_of_another_ledger_is_left_alone(worm: Path) -> None:
    (worm / "checkpoint").write_text("other.example/ledger\n0\n47DEQpj8\n\nx\n")
    grow()
    with pytest.raises(TargetFails, match=r"another ledger, other\.example/ledger"):
        copy_to(f"dir:{worm}")
    assert len(everything_in(worm)) == 1
    assert not alarms()


def refused(address: str, rule: str, read: Callable[[], object], *, minute: int = 40) -> None:
    """Nothing is written there, nothing is recorded as a copy, and the alarm is raised once."""
    before, copies = read(), CheckpointCopy.objects.count()
    with pytest.raises(Contradicted) as caught:
        copy_to(address, minute=minute)
    assert caught.value.facts["rule"] == rule
    assert alarms() == [rule]
    if rule != "other_file":
        # A partial tile is of one size alone; the others are found whatever is signed since.
        grow(1, minute=minute + 90)
    with pytest.raises(Contradicted):
        copy_to(address, minute=minute + 100)
    assert alarms() == [rule]
    assert (read(), CheckpointCopy.objects.count()) == (before, copies)


def forget_signing(var_dir: Path) -> None:
    """What whoever restores a backup would have to do: put the signer's memory back too."""
    checkpointing.signer().path.unlink()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_checkpointcopy")
        cursor.execute("DELETE FROM audit_ledgercheckpoint")


@pytest.mark.usefixtures("open_ledger")
def test_a_backup_that_was_put_back_is_noticed(worm: Path, var_dir: Path) -> None:
    grow(40)
    copy_to(f"dir:{worm}")
    cut_off("firm", keep=5)
    cut_off("ledger", keep=0)
    rebuild_tree()
    forget_signing(var_dir)
    grow(1, minute=30)
    refused(f"dir:{worm}", "ahead", lambda: everything_in(worm))


@pytest.mark.usefixtures("open_ledger")
def test_a_rebuilt_history_is_noticed(worm: Path, var_dir: Path) -> None:
    grow(10)
    copy_to(f"dir:{worm}")
    rewrite("firm", lambda bodies: [{**bodies[0], "facts": {"name": "Else"}}, *bodies[1:]])
    rebuild_tree()
    forget_signing(var_dir)
    grow(1, minute=30)
    refused(f"dir:{worm}", "other_tree", lambda: everything_in(worm))
    [alarm] = standing_alarms()
    assert alarm.facts["target"] == f"dir:{worm}"
    assert alarm.facts["held_size"] == 15


def test_a_copy_that_somebody_signed_anew_is_noticed(worm: Path) -> None:
    point = grow()
    copy_to(f"dir:{worm}")
    forged = point.note.replace(f"\n{point.size}\n", "\n2\n")
    (worm / "checkpoint").write_text(forged)
    grow(minute=30)
    refused(f"dir:{worm}", "not_ours", lambda: everything_in(worm))


def test_a_tile_that_somebody_changed_is_noticed(worm: Path) -> None:
    grow()
    copy_to(f"dir:{worm}")
    point = grow(2, minute=30)
    tile = worm / f"tile/0/000.p/{point.size}"
    tile.write_bytes(bytes(32 * point.size))
    refused(f"dir:{worm}", "other_file", lambda: everything_in(worm))


def test_a_folder_that_was_emptied_is_filled_again_and_noticed(worm: Path) -> None:
    grow()
    copy_to(f"dir:{worm}")
    before = everything_in(worm)
    for path in before:
        (worm / path).unlink()
    point = grow(minute=30)
    copy_to(f"dir:{worm}", minute=40)
    assert alarms() == ["copy_gone"]
    assert root_in((worm / "checkpoint").read_bytes()) == (point.size, point.root)


def test_a_new_origin_has_a_place_of_its_own(worm: Path) -> None:
    grow()
    copy_to(f"dir:{worm}")
    before = everything_in(worm)
    at = NOON + timedelta(hours=1)
    checkpointing.fork(reason="a test", actor="system:console", at=at)
    copy_to(f"dir:{worm}", minute=70)
    after = everything_in(worm)
    assert {path: after[path] for path in before} == before
    assert f"since-{at:%Y%m%dT%H%M%SZ}/checkpoint" in after
    assert not alarms()


@pytest.mark.backend
def test_a_copy_is_for_ever() -> None:
    point = grow()
    copy = CheckpointCopy.objects.create(checkpoint=point, target="dir:/x", receipt="", at=NOON)
    for change in (
        lambda: CheckpointCopy.objects.update(target="dir:/y"),
        lambda: copy.delete(),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert CheckpointCopy.objects.get().target == "dir:/x"


# --- a Git repository ----------------------------------------------------------------------------


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@t", *words],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.decode().strip()


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet", "--bare", "bare")
    return tmp_path / "bare"


@pytest.fixture
def clone(tmp_path: Path, bare: Path) -> Path:
    git(tmp_path, "clone", "--quiet", str(bare), "clone")
    return tmp_path / "clone"


def pushed(bare: Path) -> bytes:
    return subprocess.run(
        ["git", "-C", str(bare), "show", "HEAD:checkpoint"], capture_output=True, check=True
    ).stdout


def test_a_repository_gets_a_commit_for_each_checkpoint(clone: Path, bare: Path) -> None:
    first = grow()
    copy = copy_to(f"git:{clone}")
    assert copy is not None
    assert copy.receipt == git(bare, "rev-parse", "HEAD")
    second = grow(300, minute=30)
    copy_to(f"git:{clone}", minute=40)
    assert git(bare, "log", "--format=%s").split("\n") == [
        f"Checkpoint of {second.size} entries of {second.origin}",
        f"Checkpoint of {first.size} entries of {first.origin}",
    ]
    assert root_in(pushed(bare)) == (second.size, second.root)
    files = everything_in(clone)
    assert root_from_tiles(files.__getitem__, second.size) == second.root
    assert git(clone, "status", "--porcelain") == ""


def test_a_clone_without_a_remote_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "alone")
    grow()
    copy = copy_to(f"git:{tmp_path}/alone")
    assert copy is not None
    assert copy.receipt == git(tmp_path / "alone", "rev-parse", "HEAD")


def test_a_commit_that_was_not_pushed_is_pushed_later(clone: Path, bare: Path) -> None:
    point = grow()
    away = bare.rename(bare.with_name("away"))
    with pytest.raises(TargetFails, match="git fetch"):
        copy_to(f"git:{clone}")
    away.rename(bare)
    (bare / "hooks" / "pre-receive").write_text("#!/bin/sh\nexit 1\n")
    (bare / "hooks" / "pre-receive").chmod(0o755)
    with pytest.raises(TargetFails, match="git push"):
        copy_to(f"git:{clone}", minute=30)
    assert not CheckpointCopy.objects.exists()
    (bare / "hooks" / "pre-receive").unlink()
    assert copy_to(f"git:{clone}", minute=40) is not None
    assert root_in(pushed(bare)) == (point.size, point.root)
    assert len(git(bare, "log", "--format=%h").split()) == 1


def test_other_work_in_the_clone_is_not_committed(clone: Path, bare: Path) -> None:
    grow()
    copy_to(f"git:{clone}")
    (clone / "notes.txt").write_text("mine")
    (clone / "tile/0/000.p/8").unlink()
    grow(2, minute=30)
    copy_to(f"git:{clone}", minute=40)
    assert "notes.txt" not in git(bare, "ls-tree", "-r", "--name-only", "HEAD")
    assert "tile/0/000.p/8" in git(bare, "ls-tree", "-r", "--name-only", "HEAD")


@pytest.mark.usefixtures("open_ledger")
def test_what_a_remote_holds_is_held_against_the_ledger(
    clone: Path, bare: Path, var_dir: Path
) -> None:
    """The clone was put back too; the remote remembers."""
    grow(2)
    copy_to(f"git:{clone}")
    early = git(clone, "rev-parse", "HEAD")
    grow(9, minute=30)
    copy_to(f"git:{clone}", minute=35)
    git(clone, "reset", "--hard", "--quiet", early)
    cut_off("firm", keep=4)
    cut_off("ledger", keep=0)
    rebuild_tree()
    forget_signing(var_dir)
    grow(1, minute=40)
    refused(f"git:{clone}", "other_tree", lambda: git(bare, "rev-parse", "HEAD"))


def test_what_git_says_is_kept_without_passwords(clone: Path) -> None:
    git(clone, "remote", "set-url", "origin", "http://ada:hunter2@127.0.0.1:9/x.git")
    grow()
    with pytest.raises(TargetFails):
        copy_to(f"git:{clone}")
    said = TargetTry.objects.get().error
    assert "git fetch" in said
    assert "hunter2" not in said


# --- a bucket ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        port = free_port()
        server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
        server.start()
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
        server.stop()


@pytest.fixture
def bucket(s3: str) -> Iterator[Any]:
    store = boto3.client("s3", endpoint_url=s3)
    store.create_bucket(Bucket="worm", ObjectLockEnabledForBucket=True)
    yield store
    for one in store.list_object_versions(Bucket="worm").get("Versions", []):
        where = {"Bucket": "worm", "Key": one["Key"], "VersionId": one["VersionId"]}
        store.delete_object(**where, BypassGovernanceRetention=True)
    store.delete_bucket(Bucket="worm")


LOCKED = "s3://worm/ledgers/a?lock=GOVERNANCE&days=30"


def read_object(store: Any, path: str) -> bytes:
    return bytes(store.get_object(Bucket="worm", Key=f"ledgers/a/{path}")["Body"].read())


def test_a_bucket_gets_locked_objects(bucket: Any) -> None:
    point = grow()
    copy = copy_to(LOCKED)
    assert copy is not None
    head = bucket.head_object(Bucket="worm", Key="ledgers/a/checkpoint")
    assert copy.receipt == head["VersionId"]
    assert head["ObjectLockMode"] == "GOVERNANCE"
    assert head["ObjectLockRetainUntilDate"] == NOON + timedelta(minutes=20, days=30)
    assert read_object(bucket, "checkpoint").decode() == point.note
    root = root_from_tiles(lambda path: read_object(bucket, path), point.size)
    assert root == point.root
    with pytest.raises(ClientError, match="AccessDenied"):
        bucket.delete_object(Bucket="worm", Key="ledgers/a/checkpoint", VersionId=head["VersionId"])


def test_objects_of_a_bucket_are_written_once(bucket: Any) -> None:
    grow()
    copy_to(LOCKED)
    point = grow(300, minute=30)
    copy_to(LOCKED, minute=40)
    copy_to(LOCKED, minute=41)
    versions = bucket.list_object_versions(Bucket="worm")["Versions"]
    times: dict[str, int] = {}
    for one in versions:
        times[one["Key"]] = times.get(one["Key"], 0) + 1
    assert {key: n for key, n in times.items() if n > 1} == {"ledgers/a/checkpoint": 2}
    assert root_in(read_object(bucket, "checkpoint")) == (point.size, point.root)


def test_a_bucket_that_holds_another_tile(bucket: Any) -> None:
    point = grow()
    key = f"ledgers/a/tile/0/000.p/{point.size}"
    bucket.put_object(Bucket="worm", Key=key, Body=b"else")
    held = lambda: sorted(  # noqa: E731
        (one["Key"], one["VersionId"])
        for one in bucket.list_object_versions(Bucket="worm")["Versions"]
    )
    refused(LOCKED, "other_file", held)


def test_a_bucket_with_a_checkpoint_of_nobodys(bucket: Any) -> None:
    point = grow()
    note = f"{point.origin}\n5\n{'A' * 43}=\n\n— {point.origin} {'A' * 92}\n"
    bucket.put_object(Bucket="worm", Key="ledgers/a/checkpoint", Body=note.encode())
    refused(LOCKED, "not_ours", lambda: read_object(bucket, "checkpoint"))


def test_a_bucket_that_is_not_there(s3: str) -> None:
    grow()
    with pytest.raises(TargetFails, match="NoSuchBucket"):
        copy_to("s3://nowhere/x")
    assert TargetTry.objects.get().error == "S3 answered NoSuchBucket."


# --- mail, webhook -------------------------------------------------------------------------------


def test_what_each_store_holds_can_be_asked(clone: Path, worm: Path, bucket: Any) -> None:
    settings_ = [f"dir:{worm}", f"git:{clone}", LOCKED]
    stores = [target_at(address) for address in settings_]
    assert [store.checkpoint("") for store in stores if isinstance(store, Store)] == [None] * 3
    point = grow()
    for address in settings_:
        copy_to(address)
    held = [store.checkpoint("") for store in stores if isinstance(store, Store)]
    assert held == [point.note.encode()] * 3


def test_a_crash_before_the_copy_is_on_record(
    clone: Path, worm: Path, bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place has it already; the next attempt finds that and keeps the receipt."""
    addresses = [f"dir:{worm}", f"git:{clone}", LOCKED]
    point = grow()
    with monkeypatch.context() as patch:
        patch.setattr(copying, "_keep", lambda *_, **__: 1 / 0)
        for address in addresses:
            with pytest.raises(ZeroDivisionError):
                copy_to(address)
    assert not CheckpointCopy.objects.exists()
    assert due_after_a_crash(addresses) == {copying.BEGUN}
    files, head = everything_in(worm), git(clone, "rev-parse", "HEAD")
    for address in addresses:
        assert copy_to(address, minute=30) is not None
    assert (everything_in(worm), git(clone, "rev-parse", "HEAD")) == (files, head)
    assert read_object(bucket, "checkpoint").decode() == point.note
    assert not alarms()


def due_after_a_crash(addresses: list[str]) -> set[str]:
    names = [target_at(address).name for address in addresses]
    return {row.error for row in TargetTry.objects.filter(target__in=names)}


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with mail_server() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        yield box


def test_an_auditor_gets_a_letter(mailbox: Mailbox) -> None:
    point = grow()
    copy = copy_to("mailto:auditor@bank.example")
    [(to, message)] = mailbox.got
    assert to == "auditor@bank.example"
    assert copy is not None
    assert copy.receipt == message["Message-ID"]
    [attached] = message.iter_attachments()
    assert attached.get_content().decode() == point.note
    assert "auditor" not in copy.target


def test_a_letter_that_is_not_taken(mailbox: Mailbox) -> None:
    grow()
    mailbox.refuses = True
    with pytest.raises(TargetFails):
        copy_to("mailto:auditor@bank.example")
    row = TargetTry.objects.get()
    assert row.error == "The mail server did not take it: SMTPRecipientsRefused."
    assert not mailbox.got


def test_a_receiver_gets_the_note() -> None:
    point = grow()
    with receiver() as running:
        address = running.url("/hook?token=t0ken")
        running.answers = [503]
        with pytest.raises(TargetFails, match="answered 503"):
            copy_to(address)
        copy = copy_to(address, minute=30)
    got = running.got[-1].json
    assert copy is not None
    assert (copy.receipt, got["note"], got["size"]) == ("HTTP 200", point.note, point.size)
    assert "t0ken" not in copy.target
    assert running.got[-1].path == "/hook?token=t0ken"


# --- timestamps ----------------------------------------------------------------------------------


@pytest.mark.parametrize("file", ["root.pem", "chain.pem"])
def test_an_authority_gives_a_time(tmp_path: Path, file: str) -> None:
    point = grow()
    authority = make_authority(tmp_path / "tsa")
    with serving(authority):
        copy = copy_to(f"tsa:{authority.url}#{authority.folder}/{file}")
    assert copy is not None
    token, note = tmp_path / "token.tsr", tmp_path / "note"
    token.write_bytes(b64decode(copy.receipt))
    note.write_text(point.note)
    command = ["openssl", "ts", "-verify", "-data", str(note), "-in", str(token)]
    trust = ["-CAfile", str(authority.root), "-untrusted", str(authority.folder / "signer.pem")]
    checked = subprocess.run([*command, *trust], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr
    note.write_text(point.note + "x")
    assert subprocess.run([*command, *trust], capture_output=True, check=False).returncode


def test_a_time_of_somebody_else_is_not_taken(tmp_path: Path) -> None:
    grow()
    authority, other = make_authority(tmp_path / "tsa"), make_authority(tmp_path / "other")
    with serving(authority), pytest.raises(TargetFails, match="no valid timestamp"):
        copy_to(f"tsa:{authority.url}#{other.root}")
    assert not CheckpointCopy.objects.exists()


def test_a_time_that_was_given_before_is_not_taken(tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "tsa")
    with serving(authority):
        address = f"tsa:{authority.url}#{authority.root}"
        grow()
        assert copy_to(address)
        authority.replays = True
        grow(minute=30)
        with pytest.raises(TargetFails, match="no valid timestamp"):
            copy_to(address, minute=90)


def test_a_refusal_of_the_authority_is_no_time(tmp_path: Path) -> None:
    grow()
    authority = make_authority(tmp_path / "tsa", digests="sha512")
    with serving(authority), pytest.raises(TargetFails, match="no valid timestamp"):
        copy_to(f"tsa:{authority.url}#{authority.root}")
    with pytest.raises(TargetFails, match="unreadable"):
        copy_to(f"tsa:{authority.url}#{tmp_path}/none.pem", minute=90)


# --- when ----------------------------------------------------------------------------------------


def due(minute: int) -> list[str]:
    return [one.name for one in copying.due_targets(at=NOON + timedelta(minutes=minute))]


def test_a_target_that_fails_waits_longer_each_time(worm: Path, settings: Any) -> None:
    grow()
    bad, good = f"dir:{worm}/none", f"dir:{worm}"
    settings.LEDGER_TARGETS = [bad, good]
    assert due(20) == [bad, good]
    waits = []
    at = NOON + timedelta(minutes=20)
    for _ in range(9):
        with pytest.raises(TargetFails):
            copying.copy_newest(target_at(bad), post=lambda *_: 1 / 0, actor="x", at=at)
        row = TargetTry.objects.get()
        waits.append(int((row.next_at - at) / timedelta(minutes=1)))
        assert [one.name for one in copying.due_targets(at=at)] == [good]
        at = row.next_at
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    [first, second] = copying.standing_of_targets()
    assert (first.target, first.size, first.failures) == (bad, None, 9)
    assert first.error == "The folder does not exist."
    (worm / "none").mkdir()
    copying.copy_newest(target_at(bad), post=lambda *_: 1 / 0, actor="x", at=at)
    [first, second] = copying.standing_of_targets()
    assert (first.failures, first.error, first.next_at) == (0, "", None)
    assert second.size is None


def test_a_person_is_written_to_once_a_day(mailbox: Mailbox, settings: Any) -> None:
    address = "mailto:auditor@bank.example"
    settings.LEDGER_TARGETS = [address]
    grow()
    assert len(due(20)) == 1
    copy_to(address, minute=20)
    assert due(21) == []
    grow(minute=30)
    assert due(20 + 24 * 60 - 1) == []
    assert len(due(20 + 24 * 60)) == 1


def test_without_the_ledgers_key_nothing_is_copied(worm: Path, settings: Any) -> None:
    grow()
    settings.LEDGER_KEY_FILE = worm / "none.pem"
    with pytest.raises(TargetFails, match="Without the ledger's key"):
        copy_to(f"dir:{worm}")
    assert not list(worm.iterdir())


def test_nothing_is_due_without_a_checkpoint_or_a_target(worm: Path, settings: Any) -> None:
    settings.LEDGER_TARGETS = [f"dir:{worm}"]
    assert due(20) == []
    grow()
    settings.LEDGER_TARGETS = []
    assert due(20) == []


def test_copies_append_nothing(worm: Path) -> None:
    """Or each copy would ask for a checkpoint, and each checkpoint for copies."""
    grow()
    before = LedgerEntry.objects.count()
    copy_to(f"dir:{worm}")
    assert LedgerEntry.objects.count() == before
