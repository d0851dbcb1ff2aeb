"""A clone of a Git repository: each checkpoint is a commit, pushed if the clone has a remote.

`git:/srv/ledger-copies`. Who may rewrite the remote's history can rewrite the copies; a remote
that refuses forced pushes, on a machine of somebody else's, is what makes this a witness.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from governance.audit.targets.folder import existing, whole_path, write
from governance.audit.targets.layout import CHECKPOINT
from governance.audit.targets.shipping import Copied, Shipment, TargetFails, plain

SECONDS = 60
AUTHOR = ("-c", "user.name=Countersign", "-c", "user.email=ledger@countersign.invalid")
ADD = ("add", "--force", "--pathspec-from-file=-", "--pathspec-file-nul")
UPSTREAM = "@{upstream}"


@dataclass(frozen=True)
class Repository:
    path: Path
    is_store = True
    pause = timedelta(0)

    @property
    def name(self) -> str:
        return f"git:{self.path}"

    def checkpoint(self, place: str) -> bytes | None:
        existing(self.path)
        # The remote's word comes last, and counts.
        return list(self._notes(place, self._fetched()))[-1]

    def copy(self, shipment: Shipment) -> Copied:
        existing(self.path)
        upstream = self._fetched()
        held = [shipment.held(note) for note in self._notes(shipment.place, upstream)]
        if upstream:
            self._run("merge", "--quiet", "--ff-only", UPSTREAM)
        if min(held) <= shipment.point.size:
            self._commit(shipment, min(held))
        if self._remotes():
            # A refused push fails: somebody else wrote there, or took something back.
            self._run("push", "--quiet", "--set-upstream", self._remotes()[0], "HEAD")
        return Copied(receipt=self._run("rev-parse", "HEAD"), was_empty=max(held) == 0)

    def _commit(self, shipment: Shipment, held: int) -> None:
        root, written = self.path / shipment.place, []
        try:
            for file in shipment.files(held):
                write(root, file, shipment)
                written.append(str(Path(shipment.place) / file.path))
        except OSError as error:
            raise TargetFails(f"The clone cannot be written to: {error.strerror}.") from error
        # These paths and no others: whatever else changed in the clone is not ours to commit.
        self._run(*ADD, given="\0".join(written).encode())
        if self._asked("diff", "--cached", "--quiet").returncode:
            point = shipment.point
            message = f"Checkpoint of {point.size} entries of {point.origin}"
            self._run("commit", "--quiet", "--message", message)

    def _fetched(self) -> bool:
        """Learn what the remote has; tell whether the branch follows one of its branches."""
        remotes = self._remotes()
        if not remotes:
            return False
        self._run("fetch", "--quiet", remotes[0])
        return self._asked("rev-parse", "--verify", "--quiet", UPSTREAM).returncode == 0

    def _remotes(self) -> list[str]:
        return self._run("remote").split()

    def _notes(self, place: str, upstream: bool) -> Iterator[bytes | None]:
        """The checkpoint as the clone has it, and as the remote has it."""
        path = f"{place}/{CHECKPOINT}" if place else CHECKPOINT
        for commit in ("HEAD", UPSTREAM) if upstream else ("HEAD",):
            found = self._asked("show", f"{commit}:{path}")
            yield None if found.returncode else found.stdout

    def _run(self, *words: str, given: bytes = b"") -> str:
        done = self._asked(*words, given=given)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            why = plain(said[-1]) if said else "it ended with an error"
            raise TargetFails(f"git {words[0]}: {why}")
        return done.stdout.decode(errors="replace").strip()

    def _asked(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        ssh = {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=15"}
        fixed = {"GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1", "LC_ALL": "C"}
        try:
            return subprocess.run(  # noqa: S603  the operator's own clone
                ["git", "-C", str(self.path), *AUTHOR, *words],  # noqa: S607
                env=ssh | dict(os.environ) | fixed,
                input=given,
                capture_output=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TargetFails(f"git {words[0]} took longer than {SECONDS} s.") from error
        except OSError as error:
            raise TargetFails(f"git cannot be run: {error.strerror}.") from error


def parse(rest: str) -> Repository:
    return Repository(whole_path(rest))
