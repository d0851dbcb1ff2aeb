"""The format of evidence, the files of a pack, and what can go wrong in building one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from governance.core.errors import InvalidInput, NotFound, WrongState
from governance.evidence.verify_pack import FAIL, Check

FORMAT = "countersign.evidence/2"
STREAM = "evidence"
JOB = "build_pack"

STEPS = (
    "Collecting the records, at one moment",
    "Drawing the pages",
    "Sealing the file",
    "Reading the file back and verifying it",
    "Filing the pack",
)

EVIDENCE_NAME = "evidence.json"
VERIFIER_NAME = "verify_pack.py"

Report: TypeAlias = Callable[[int, int, str], None]
"""Told what begins now, or how far it is: the step, of how many, in words. May raise to stop."""


def begin(report: Report, number: int) -> None:
    """Report that the step of this number, from 1, begins."""
    report(number, len(STEPS), STEPS[number - 1])


def begin_with(report: Report, place: int, of: int) -> None:
    """Report that of so many models this one is being read, in the first step."""
    words = f"{STEPS[0]}: model {place} of {of}" if of > 1 else STEPS[0]
    report(1, len(STEPS), words)


class PackNotFound(NotFound):
    code = "pack_not_found"


class PackFileMissing(NotFound):
    """The record of the pack stands, but its file is no longer where it was filed."""

    code = "pack_file_missing"


class CheckpointBehind(WrongState):
    """Something was written about these models after the checkpoint that evidence is to rest on."""

    code = "checkpoint_behind"


class CheckpointUnknown(InvalidInput):
    """A file is no checkpoint that this portal signed."""

    code = "checkpoint_unknown"


class EvidenceBroken(WrongState):
    """What was collected does not verify, so no pack is made of it."""

    code = "evidence_broken"


@dataclass(frozen=True, kw_only=True)
class SealFacts:
    """What is said of a seal: whose certificate it is by, and when an authority saw it.

    `fingerprint` is the SHA-256 of the certificate. `is_self_made`: the portal made key and
    certificate itself, so that the seal speaks of the file's integrity alone. `missing` says why
    the authority that is configured gave no time.
    """

    fingerprint: str
    holder: str
    issuer: str
    is_self_made: bool
    timestamped_at: datetime | None = None
    missing: str = ""


@dataclass(frozen=True, kw_only=True)
class PackFiles:
    """A pack before it is filed: the PDF, the evidence inside it, and what was found in it."""

    pdf: bytes
    evidence: bytes
    content_digest: str
    file_digest: str
    pages: int
    entries: int
    head: str
    checks: Sequence[Check]
    seal: SealFacts
    replaced: Sequence[str] = ()


def reference(content_digest: str) -> str:
    """Return how people call a pack: by the first digits of its content digest."""
    return f"EP-{content_digest[:8].upper()}"


def require_verified(checks: Sequence[Check]) -> None:
    """Raise EvidenceBroken, naming the first check that failed."""
    failed = next((check for check in checks if check.outcome == FAIL), None)
    if failed is not None:
        raise EvidenceBroken(
            "The records of this model do not verify, so no pack was filed. "
            f"{failed.subject}: {failed.words}.",
            check=failed.subject,
        )
