"""How a delivery becomes a request or a letter: each channel makes address and headers for every
attempt.

Apps register theirs in `tasks.py`, read at start-up. Making them late means that a changed address
holds for what already waits, that a signature is never older than its attempt, and that no secret
lies in the outbox.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from governance.jobs.models import Delivery
from governance.jobs.rules import UnknownChannel


@dataclass(frozen=True, kw_only=True)
class Message:
    """One POST: where to, and what. It is never logged, for it may hold a secret.

    `is_named`: the operator wrote the address into the environment, so it may be a private one.
    `longest` is how many bytes of the answer are read.
    """

    url: str
    headers: Mapping[str, str]
    body: bytes
    is_named: bool = False
    longest: int = 10_000


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One e-mail to one address."""

    to: str
    subject: str
    text: str


Writer: TypeAlias = "Callable[[Delivery, datetime], Message | Letter]"

_WRITERS: dict[str, Writer] = {}


def channel(name: str) -> Callable[[Writer], Writer]:
    """Register the decorated function as what writes the messages of this channel.

    It raises NoReceiver when nobody waits for the delivery any more.
    """

    def register(writer: Writer) -> Writer:
        _WRITERS[name] = writer
        return writer

    return register


def message_for(delivery: Delivery, *, at: datetime) -> Message | Letter:
    """Return the message for an attempt at that time. Raises UnknownChannel, NoReceiver."""
    if delivery.channel not in _WRITERS:
        raise UnknownChannel(f"There is no channel {delivery.channel!r}.")
    return _WRITERS[delivery.channel](delivery, at)
