"""Making checkpoints: every entry gets its place in the tree, and the signer puts its name to it.

with the signer's lock:
    transaction: entries → leaves; root over all heads → `checkpoint.made`, a leaf itself
    the signer remembers the new tree, outside the database, and signs
    transaction: the signed checkpoint is kept
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from governance.audit import heads, notes, sequencing
from governance.audit.actions import LEDGER, append, write_prose
from governance.audit.checkpoints import Checkpoint, is_origin
from governance.audit.keys import LedgerKey, signing_key
from governance.audit.models import LedgerCheckpoint, LedgerEntry, Prose
from governance.audit.notes import Note
from governance.audit.rules import Verb
from governance.audit.signer import Memory, Signer, SignerRefuses
from governance.audit.storing import lock_head
from governance.audit.tree import Tree, tree_size
from governance.core.errors import InvalidInput, invalid

FORK = "since-"
"""How the last part of an origin begins that is not the first."""


@dataclass(frozen=True)
class _Grown:
    """A tree that was committed and is not yet signed."""

    tree: Tree
    root: bytes
    entry: LedgerEntry


def signer() -> Signer:
    return Signer(settings.LEDGER_SIGNER_FILE)


def current_origin() -> str:
    """Return the name under which trees are signed: the configured one until a fork.

    Raises InvalidInput for a configured name that is none, and MemoryUnusable.
    """
    return _origin(signer().memory())


def _origin(memory: Memory | None) -> str:
    name = memory.origin if memory else settings.LEDGER_ORIGIN
    if not is_origin(name):
        raise _bad_origin(name)
    return str(name)


def _bad_origin(name: str) -> InvalidInput:
    message = f"LEDGER_ORIGIN {name!r}: a name without spaces and plus signs is needed."
    return invalid("LEDGER_ORIGIN", "origin", message)


def make_checkpoint(*, actor: str, at: datetime) -> LedgerCheckpoint:
    """Sign the ledger as it stands, and return the checkpoint.

    Appends `checkpoint.made`, which holds the root over the heads of all streams. While nothing was
    appended since the newest checkpoint, that one is returned and nothing is written.

    Raises SignerRefuses when the database contradicts what was signed before, having appended
    `checkpoint.refused`; KeyUnusable and MemoryUnusable before anything is written; RuntimeError
    inside a transaction.
    """
    keys = [signing_key()]
    with signer().held():
        memory = signer().memory()
        return _newest_if_current(memory) or _sign(memory, keys, actor=actor, at=at)


def rotate_key(*, old: LedgerKey, new: LedgerKey, actor: str, at: datetime) -> LedgerCheckpoint:
    """Hand over from one key to the next: one checkpoint bears the signatures of both.

    Appends `key.rotated` and `checkpoint.made`. What the caller does with the keys themselves
    comes after: a crash before it leaves the old key in use, and the same call can be made again.
    Raises what `make_checkpoint` raises.
    """
    with signer().held():
        memory = signer().memory()
        origin = _origin(memory)
        facts = {"old": str(old.named(origin)), "new": str(new.named(origin))}

        def rotated() -> None:
            append(
                verb=Verb.KEY_ROTATED,
                stream=LEDGER,
                subject=LEDGER,
                actor=actor,
                at=at,
                facts=facts,
                records=(),
            )

        return _sign(memory, [old, new], actor=actor, at=at, first=rotated)


def fork(*, reason: str, actor: str, at: datetime) -> LedgerCheckpoint:
    """Begin a new origin, openly, where the old one can no longer be continued.

    After a backup was put back, or the signer's memory was lost, what was signed cannot be borne
    out. The new origin says so: `ledger.forked` names the last checkpoint of the old one, and why.
    Raises InvalidInput without a reason, and what `make_checkpoint` raises.
    """
    if not reason.strip():
        raise invalid("reason", "required", "Say why the ledger begins a new origin.")
    keys = [signing_key()]
    with signer().held():
        before = signer().memory()
        origin = f"{settings.LEDGER_ORIGIN}/{FORK}{at:%Y%m%dT%H%M%SZ}"
        if not is_origin(origin):
            raise _bad_origin(origin)

        def forked() -> None:
            prose: Prose = write_prose(reason.strip())
            append(
                verb=Verb.LEDGER_FORKED,
                stream=LEDGER,
                subject=LEDGER,
                actor=actor,
                at=at,
                facts=_of_the_old(before) | {"origin": origin, "reason": prose.digest},
                records=[prose],
            )

        return _sign(None, keys, actor=actor, at=at, first=forked, origin=origin)


def _of_the_old(memory: Memory | None) -> dict[str, object]:
    if memory is None:
        newest = LedgerCheckpoint.objects.order_by("-made_at").first()
        if newest is None:
            return {}
        memory = Memory(origin=newest.origin, size=newest.size, root=newest.root)
    return {"old_origin": memory.origin, "old_size": memory.size, "old_root": memory.root}


def _newest_if_current(memory: Memory | None) -> LedgerCheckpoint | None:
    if memory is None or sequencing.is_behind():
        return None
    found = LedgerCheckpoint.objects.filter(
        origin=memory.origin, size=tree_size(), root=memory.root
    )
    return found.first()


def _sign(
    memory: Memory | None,
    keys: Sequence[LedgerKey],
    *,
    actor: str,
    at: datetime,
    first: Callable[[], None] = lambda: None,
    origin: str = "",
) -> LedgerCheckpoint:
    name = origin or _origin(memory)
    _take_in_backlog()
    if not origin:
        _require_consistent(memory, actor=actor, at=at)
    grown = _grow(name, keys, actor=actor, at=at, first=first)
    # A crash here leaves an entry without a checkpoint; the next one covers it.
    point = Checkpoint(origin=name, size=grown.tree.size, root=grown.root)
    signer().remember(Memory(origin=name, size=point.size, root=point.root.hex()))
    # A crash here leaves a tree that is remembered and that nobody saw the signature of; the next
    # checkpoint follows from it.
    signatures = [notes.sign(point.text(), key.named(name), key.sign) for key in keys]
    return LedgerCheckpoint.objects.create(
        origin=name,
        size=point.size,
        root=point.root.hex(),
        entry=grown.entry,
        note=str(Note(point.text(), signatures)),
        made_at=at,
    )


def _take_in_backlog() -> None:
    """Leave the last transaction little to do: while it runs, nothing is appended to its stream."""
    taken = sequencing.AT_ONCE
    while taken == sequencing.AT_ONCE:
        with transaction.atomic(durable=True):
            lock_head(LEDGER)
            taken = sequencing.take_in()


def _grow(
    origin: str,
    keys: Sequence[LedgerKey],
    *,
    actor: str,
    at: datetime,
    first: Callable[[], None],
) -> _Grown:
    with transaction.atomic(durable=True):
        lock_head(LEDGER)
        first()
        sequencing.take_in(limit=None)
        before = sequencing.sequenced_heads()
        size = tree_size() + 1
        entry = append(
            verb=Verb.CHECKPOINT_MADE,
            stream=LEDGER,
            subject=LEDGER,
            actor=actor,
            at=at,
            facts={
                "origin": origin,
                "keys": [str(key.named(origin)) for key in keys],
                "size": size,
                "streams": len(before),
                "heads_root": heads.root(before).hex(),
            },
            records=(),
        )
        sequencing.place(entry, index=size - 1)
        tree = Tree(size)
        return _Grown(tree, tree.root(), entry)


SAID = {
    "memory_lost": "Checkpoints were signed, and the signer's memory of them is gone.",
    "shorter": (
        "The ledger has fewer entries than were signed: a backup was put back, "
        "or entries were removed."
    ),
    "rewritten": "The ledger's first entries are not those that were signed.",
}


def _require_consistent(memory: Memory | None, *, actor: str, at: datetime) -> None:
    """Refuse a tree that contradicts the last one that was signed, once on record."""
    tree = Tree(tree_size())
    rule = _contradiction(memory, tree)
    if not rule:
        return
    facts: dict[str, Any] = {"rule": rule}
    if memory:
        facts |= {"signed_size": memory.size, "signed_root": memory.root}
    with transaction.atomic(durable=True):
        lock_head(LEDGER)
        if not _is_on_record(facts):
            append(
                verb=Verb.CHECKPOINT_REFUSED,
                stream=LEDGER,
                subject=LEDGER,
                actor=actor,
                at=at,
                facts=facts | {"size": tree.size, "root": tree.root().hex()},
                records=(),
            )
    advice = "Put the right database back, or say why with `manage.py ledger_fork --reason`."
    raise SignerRefuses(f"{SAID[rule]} No checkpoint was signed. {advice}", **facts)


def _contradiction(memory: Memory | None, tree: Tree) -> str:
    """Return the rule that keeps the signer from signing, or nothing."""
    if memory is None:
        # Whoever lost the memory could sign anything; a ledger that was never signed may begin.
        return "memory_lost" if LedgerCheckpoint.objects.exists() else ""
    if memory.size > tree.size:
        return "shorter"
    return "" if tree.root_at(memory.size).hex() == memory.root else "rewritten"


def _is_on_record(facts: Mapping[str, Any]) -> bool:
    """Whether the newest word on checkpoints is this very refusal: asked again, it is one."""
    about = LedgerEntry.objects.of_stream(LEDGER).filter(
        verb__in=[Verb.CHECKPOINT_MADE, Verb.CHECKPOINT_REFUSED]
    )
    newest = about.order_by("-seq").first()
    return newest is not None and facts.items() <= newest.facts.items()
