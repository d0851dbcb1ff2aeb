"""What a serving instance says that it runs, held against what was approved for its slot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from governance.core.errors import InvalidInput, Problem
from governance.core.typed import is_plain
from governance.registry.rules.registrations import SHA256
from governance.registry.rules.slots import LIVE_ROLES, MAX_SLOT
from governance.registry.rules.stages import SlotRole, Verdict

MAX_INSTANCE = 100
MAX_NUMBER = 20


@dataclass(frozen=True, kw_only=True)
class Running:
    """What an instance reports. An empty slot means the model's default one."""

    version: str
    instance: str
    slot: str = ""
    digest: str = ""

    @property
    def hex(self) -> str:
        return hex_of(self.digest)


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the registry holds of the reported version in the reported slot.

    `digests` are those by which a deployment may name the version: that of its registration, and
    those of its files.
    """

    role: SlotRole | None = None
    was_live: bool = False
    digests: Collection[str] = ()

    def matches(self, digest: str) -> bool:
        return not digest or digest in self.digests


def hex_of(digest: str) -> str:
    """Return the digest without the name of its algorithm; nothing of what is none."""
    match = SHA256.fullmatch(digest)
    return match[2] if match else ""


def running_problems(said: Running) -> list[Problem]:
    """Check the form of a report; whether it is true is the verdict's matter."""
    longest = {"version": MAX_NUMBER, "instance": MAX_INSTANCE, "slot": MAX_SLOT}
    found = []
    for field, limit in longest.items():
        text: str = getattr(said, field)
        if not text.strip() and field != "slot":
            message = f"Say which {field} it is."
            found.append(Problem(field=field, rule="required", message=message))
        if len(text) > limit or not (is_plain(text) and text.isprintable()):
            message = f"The {field} has at most {limit} characters, all of them printable."
            found.append(Problem(field=field, rule="length", message=message))
    return [*found, *digest_problems(said.digest)]


def digest_problems(digest: str) -> list[Problem]:
    if not digest or SHA256.fullmatch(digest):
        return []
    message = "A digest is a SHA-256: 64 small hex digits, with sha256: before them or without."
    return [Problem(field="digest", rule="digest", message=message)]


def check_running(said: Running) -> None:
    """Raise InvalidInput naming each field that is wrong."""
    if problems := running_problems(said):
        raise InvalidInput(*problems)


def verdict_on(known: Known | None, *, digest: str) -> Verdict:
    """Judge a report: None is a version, or a slot, that the registry does not have."""
    if known is None or not known.matches(digest):
        return Verdict.UNAPPROVED
    if known.role is not None:
        # Challenger and shadow serve, and answer nobody: they may run.
        return Verdict.AGREES
    return Verdict.SUPERSEDED if known.was_live else Verdict.UNAPPROVED


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """Whether a version may answer live traffic in a slot now, and the rule that says so."""

    allowed: bool
    rule: str
    reason: str


def allowance(
    known: Known | None, *, subject: str, slot: str, digest: str, files_differ: bool
) -> Allowance:
    """Answer a deployment: yes for champion and canary, with the right digest and intact files."""
    if known is None:
        return _no("unknown_slot", f"The model has no slot {slot}.")
    if known.role not in LIVE_ROLES:
        role = f"only {known.role.label.lower()}" if known.role else "neither champion nor canary"
        return _no("not_live_in_slot", f"{subject} is {role} in {slot}.")
    if not known.matches(digest):
        return _no(
            "digest_mismatch",
            f"The digest is neither that of the registration of {subject} nor that of one of its "
            "files.",
        )
    if files_differ:
        return _no(
            "artifact_mismatch",
            f"The files of {subject} differ from what was registered; the last check says which.",
        )
    label = SlotRole(known.role).label.lower()
    return Allowance(allowed=True, rule="live_in_slot", reason=f"{subject} is {label} in {slot}.")


def _no(rule: str, reason: str) -> Allowance:
    return Allowance(allowed=False, rule=rule, reason=reason)


class Hearing(Enum):
    """What is heard from an instance of a slot."""

    AGREES = "agrees"
    SUPERSEDED = "superseded"
    SILENT = "silent"
    UNAPPROVED = "unapproved"


@dataclass(frozen=True, kw_only=True)
class Heard:
    """The newest report of one instance, as far as it is known at one moment.

    `serves` says whether the version has a role in the slot at that moment.
    """

    verdict: Verdict
    seen_at: datetime
    serves: bool

    def hearing(self, *, at: datetime, patience: timedelta) -> Hearing:
        """Say what to make of it. What nobody approved stays so, however long ago it was said."""
        if self.verdict == Verdict.UNAPPROVED:
            return Hearing.UNAPPROVED
        if at - self.seen_at > patience:
            return Hearing.SILENT
        # It agreed when it said so; if another serves by now, it has yet to follow.
        agrees = self.verdict == Verdict.AGREES and self.serves
        return Hearing.AGREES if agrees else Hearing.SUPERSEDED


def summary(hearings: Collection[Hearing]) -> Hearing | None:
    """Return what is to be said of a slot: the worst, but silent only if all its instances are."""
    for hearing in (Hearing.UNAPPROVED, Hearing.SUPERSEDED, Hearing.AGREES, Hearing.SILENT):
        if hearing in hearings:
            return hearing
    return None
