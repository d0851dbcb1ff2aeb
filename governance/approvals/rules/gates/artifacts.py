"""The files of a version and where it comes from: complete, as registered, made again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import ClassVar

from governance.approvals.rules.dossier import Dossier, VersionFacts
from governance.approvals.rules.gates.results import Found, Gate, Outcome, Topic
from governance.registry.rules import CheckOutcome, stated_lineage

ALTERED = (
    "The newest reading of its files found other ones than were registered. Whoever can restore "
    "them does, and has them checked again; else register what is there as a new version."
)
UNREAD = {
    "": "Its files were not read again since they were registered. Have them checked.",
    CheckOutcome.UNREADABLE: (
        "The newest reading of its files did not reach them. Make their source readable, and have "
        "them checked again."
    ),
}


@dataclass(frozen=True, kw_only=True)
class FilesGate(Gate):
    """Every file has its digest and is not known to be altered; if wanted, it was read again."""

    rehashed: bool = False

    NAME: ClassVar[str] = "artifacts_complete"
    ABOUT: ClassVar[Topic] = Topic.FILES

    @property
    def asks(self) -> str:
        again = " The newest reading of them found the same." if self.rehashed else ""
        return f"Every file of the version is listed with its digest, and as registered.{again}"

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        count = len(dossier.version.artifacts)
        required = "every file with its digest" + (", read again" if self.rehashed else "")
        read = (dossier.version.artifact_check or {}).get("outcome", "")
        if dossier.version.is_altered:
            outcome, measured, sentence = Outcome.FAIL, "altered", ALTERED
        elif not count:
            outcome, measured = Outcome.NOT_SHOWN, "none"
            sentence = (
                "The version lists no artifact digests, so what would run cannot be identified."
            )
        elif self.rehashed and read != CheckOutcome.MATCH:
            outcome, measured = Outcome.NOT_SHOWN, f"{count} files, not read again"
            sentence = UNREAD[read]
        else:
            again = ", and the newest reading found the same" if self.rehashed else ""
            outcome, measured = Outcome.PASS, f"{count} files" + (", read again" if again else "")
            sentence = f"{count} files are listed with their SHA-256{again}."
        return Found(outcome=outcome, measured=measured, required=required, sentence=sentence)


@dataclass(frozen=True, kw_only=True)
class MonitoringPlanGate(Gate):
    """A plan of what is watched once it serves is among the files.

    A pattern without a slash is that of a file's name, in whatever folder it lies.
    """

    path: str = "monitoring-plan.*"

    NAME: ClassVar[str] = "monitoring_plan"
    ABOUT: ClassVar[Topic] = Topic.FILES

    @property
    def asks(self) -> str:
        return f"A monitoring plan is among the files of the version: {self.path}."

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        found = sorted(filter(self._fits, (str(one["path"]) for one in dossier.version.artifacts)))
        if not found:
            return Found(
                outcome=Outcome.NOT_SHOWN,
                measured="none",
                required=self.path,
                sentence=f"No file of the version is a monitoring plan: {self.path}.",
            )
        return Found(
            outcome=Outcome.PASS,
            measured=found[0],
            required=self.path,
            sentence=f"The version has a monitoring plan: {', '.join(found)}.",
        )

    def _fits(self, path: str) -> bool:
        return fnmatchcase(path if "/" in self.path else PurePosixPath(path).name, self.path)


COMMIT = re.compile(r"[0-9a-f]{7,64}")
LOCKS = (
    "conda-lock.yml", "conda.yaml", "environment.yml", "pdm.lock", "Pipfile.lock", "pixi.lock",
    "poetry.lock", "python_env.yaml", "renv.lock", "requirements.txt", "uv.lock",
)  # fmt: skip
"""Files that pin what a version runs in. Each is among the artifacts, so its digest is known."""


@dataclass(frozen=True, kw_only=True)
class ReproducibilityGate(Gate):
    """It is on record what one needs to make the version again."""

    NAME: ClassVar[str] = "reproducibility"
    ABOUT: ClassVar[Topic] = Topic.FILES

    @property
    def asks(self) -> str:
        return (
            "On record are the source run, the git commit, the digest of every data set, and a "
            "pinned environment: a lock file among the files, or a container image by digest."
        )

    def find(self, dossier: Dossier, *, at: datetime) -> Found:
        missing = list(_missing(dossier.version))
        return Found(
            outcome=Outcome.NOT_SHOWN if missing else Outcome.PASS,
            measured=f"{4 - len(missing)} of 4",
            required="run, commit, data, environment",
            sentence=(
                f"Missing: {'; '.join(missing)}."
                if missing
                else "Source run, git commit, data sets and environment are on record."
            ),
        )


def _missing(version: VersionFacts) -> Iterator[str]:
    if not version.run_id:
        yield "the source run"
    if not COMMIT.fullmatch(str(version.lineage.get("git_commit", ""))):
        yield "the git commit, as the digits of its hash"
    inputs = stated_lineage(version.lineage, source=version.source).inputs
    unnamed = [one.name or "one without a name" for one in inputs if not one.digest]
    if not inputs:
        yield "any data set"
    elif unnamed:
        yield f"the digest of the data set {', '.join(unnamed)}"
    names = {PurePosixPath(str(one["path"])).name for one in version.artifacts}
    if not names & set(LOCKS) and "@sha256:" not in str(version.lineage.get("container_image", "")):
        yield "a pinned environment, such as requirements.txt or a container image by digest"
