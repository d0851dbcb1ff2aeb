"""Copying the newest checkpoint to each target, and what is known of the targets."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from governance.audit import checkpoints, keys, notes, trust
from governance.audit.alarms import raise_alarm
from governance.audit.checkpointing import FORK, current_origin
from governance.audit.keys import KeyUnusable
from governance.audit.models import CheckpointCopy, LedgerCheckpoint, TargetTry
from governance.audit.published import files
from governance.audit.targets import cosigner, targets_at
from governance.audit.targets.shipping import (
    Contradicted,
    Copied,
    Post,
    Shipment,
    Target,
    TargetFails,
    plain,
)
from governance.audit.tree import Tree, tree_size

FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
MOST_DOUBLINGS = 6
KEYLESS = "Without the ledger's key, what the target holds cannot be judged."
BEGUN = "The attempt ended without a word."
WITNESS = f"{cosigner.KIND}:"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """One target: the newest copy that it took, and how the last attempt went.

    `size` and `copied_at` are None before the first copy; `error` is "" after a success, and
    `next_at` says when it is tried again.
    """

    target: str
    size: int | None
    copied_at: datetime | None
    failures: int
    tried_at: datetime | None
    next_at: datetime | None
    error: str


def targets() -> list[Target]:
    return targets_at(settings.LEDGER_TARGETS)


def current_checkpoint() -> LedgerCheckpoint | None:
    """Return the newest checkpoint of the origin that is signed now."""
    return LedgerCheckpoint.objects.filter(origin=current_origin()).order_by("-size").first()


def copies_of(checkpoint: LedgerCheckpoint) -> list[CheckpointCopy]:
    """Return what targets gave for their copies of it, oldest first."""
    return list(checkpoint.copies.order_by("at", "target"))


def note_of(checkpoint: LedgerCheckpoint, copies: Sequence[CheckpointCopy]) -> str:
    """Return the signed note with the cosignatures among its copies."""
    return checkpoint.note + "".join(copy.receipt for copy in copies if _is_cosignature(copy))


def standing_of_targets() -> list[Standing]:
    """Return how each target stands, in the order of the setting: two queries and one each."""
    tries = {row.target: row for row in TargetTry.objects.all()}
    return [_standing(target, tries.get(target.name)) for target in targets()]


def _standing(target: Target, last: TargetTry | None) -> Standing:
    copy = _newest_copy(target)
    return Standing(
        target=target.name,
        size=copy.checkpoint.size if copy else None,
        copied_at=copy.at if copy else None,
        failures=last.failures if last else 0,
        tried_at=last.tried_at if last else None,
        next_at=last.next_at if last and last.error else None,
        error=last.error if last else "",
    )


def _newest_copy(target: Target) -> CheckpointCopy | None:
    taken = CheckpointCopy.objects.filter(target=target.name).select_related("checkpoint")
    return taken.order_by("-at").first()


def due_targets(*, at: datetime) -> list[Target]:
    """Return the targets that lack the newest checkpoint and are not waiting for another attempt.

    Witnesses come first and alone, so that the first copy elsewhere bears their cosignatures; one
    that fails holds nobody up, because it then waits.
    """
    found = targets()
    point = current_checkpoint() if found else None
    if point is None:
        return []
    waiting = set(TargetTry.objects.filter(next_at__gt=at).values_list("target", flat=True))
    copies = copies_of(point)
    due = [
        target
        for target in found
        if target.name not in waiting and _lacks(target, copies) and _is_time(target, at)
    ]
    return [target for target in due if target.name.startswith(WITNESS)] or due


def _lacks(target: Target, copies: Collection[CheckpointCopy]) -> bool:
    taken = [copy.cosignatures for copy in copies if copy.target == target.name]
    if not taken:
        return True
    return target.is_store and max(taken) < _cosignatures(copies)


def _is_time(target: Target, at: datetime) -> bool:
    last = _newest_copy(target) if target.pause else None
    return last is None or last.at + target.pause <= at


def _cosignatures(copies: Collection[CheckpointCopy]) -> int:
    return sum(map(_is_cosignature, copies))


def _is_cosignature(copy: CheckpointCopy) -> bool:
    return copy.target.startswith(WITNESS)


def copy_newest(target: Target, *, post: Post, actor: str, at: datetime) -> CheckpointCopy | None:
    """Copy the newest checkpoint to the target, and keep what it gave. None if it has that copy.

    No transaction is open meanwhile. Raises TargetFails, and Contradicted once `alarm.raised` is
    appended; both are kept for `standing_of_targets`, and the target waits before it is due again.
    """
    point = current_checkpoint()
    copies = copies_of(point) if point else []
    if point is None or not _lacks(target, copies):
        return None
    _begin(target, at=at)
    # A crash from here on leaves the target waiting; what it took by then it is given once more.
    try:
        copied = target.copy(_shipment(target, point, copies, post=post, at=at))
    except Contradicted as error:
        _ended(target, at=at, error=error.message)
        facts = {**error.facts, "target": target.name}
        raise_alarm(rule=error.facts["rule"], facts=facts, actor=actor, at=at)
        raise
    except TargetFails as error:
        _ended(target, at=at, error=error.message)
        raise
    except KeyUnusable as error:
        _ended(target, at=at, error=KEYLESS)
        raise TargetFails(KEYLESS) from error
    if copied.was_empty and _copied_size(target, point.origin):
        # It was given everything anew; but somebody took away what it held.
        raise_alarm(rule="copy_gone", facts={"target": target.name}, actor=actor, at=at)
    return _keep(target, point, copied, cosignatures=_cosignatures(copies), at=at)


def _shipment(
    target: Target,
    point: LedgerCheckpoint,
    copies: Sequence[CheckpointCopy],
    *,
    post: Post,
    at: datetime,
) -> Shipment:
    own = keys.known_key().named(point.origin)
    note = note_of(point, copies)
    return Shipment(
        point=checkpoints.parse(notes.parse(point.note).text),
        note=note,
        signed=point.note,
        keys=trust.trusted_keys(own),
        at=at,
        post=post,
        grown=tree_size(),
        root_at=lambda size: Tree(size).root(),
        consistency=lambda old: Tree(point.size).consistency(old),
        files=lambda held: files(point.size, note, since=held),
        copied=_copied_size(target, point.origin),
        place=place_of(point.origin),
    )


def place_of(origin: str) -> str:
    """A folder of its own for each origin that a fork began."""
    last = origin.rpartition("/")[2]
    return last if last.startswith(FORK) else ""


def _copied_size(target: Target, origin: str) -> int:
    taken = CheckpointCopy.objects.filter(target=target.name, checkpoint__origin=origin)
    return taken.order_by("-at").values_list("checkpoint__size", flat=True).first() or 0


def _begin(target: Target, *, at: datetime) -> None:
    last = TargetTry.objects.filter(target=target.name).first()
    failures = (last.failures if last else 0) + 1
    pause = min(FIRST_PAUSE * 2 ** min(failures - 1, MOST_DOUBLINGS), LONGEST_PAUSE)
    TargetTry.objects.update_or_create(
        target=target.name,
        defaults={"failures": failures, "tried_at": at, "next_at": at + pause, "error": BEGUN},
    )


def _ended(target: Target, *, at: datetime, error: str) -> None:
    TargetTry.objects.filter(target=target.name).update(error=plain(error))


def _keep(
    target: Target, point: LedgerCheckpoint, copied: Copied, *, cosignatures: int, at: datetime
) -> CheckpointCopy:
    copy, _ = CheckpointCopy.objects.get_or_create(
        checkpoint=point,
        target=target.name,
        cosignatures=cosignatures,
        defaults={"receipt": copied.receipt, "at": at},
    )
    TargetTry.objects.filter(target=target.name).update(failures=0, next_at=at, error="")
    return copy
