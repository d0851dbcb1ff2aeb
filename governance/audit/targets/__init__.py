"""Where checkpoints are copied to, by kind. `LEDGER_TARGETS` lists the addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from governance.audit.targets import (
    bucket,
    cosigner,
    folder,
    git,
    mail,
    timestamp,
    webhook,
)
from governance.audit.targets.shipping import AddressWrong, Target

KINDS: Mapping[str, Callable[[str], Target]] = {
    "dir": folder.parse,
    "git": git.parse,
    "s3": bucket.parse,
    "mailto": mail.parse,
    "https": webhook.parse,
    "http": partial(webhook.parse, scheme="http"),
    "witness": cosigner.parse,
    "tsa": timestamp.parse,
}

LONGEST_NAME = 200


def target_at(address: str) -> Target:
    """Return what the address speaks of. Raises AddressWrong, saying which rule it breaks."""
    kind, colon, rest = address.partition(":")
    if not colon or kind not in KINDS:
        raise AddressWrong(f"it begins with one of {', '.join(f'{name}:' for name in KINDS)}")
    target = KINDS[kind](rest)
    if len(target.name) > LONGEST_NAME:
        raise AddressWrong(f"it has at most {LONGEST_NAME} characters")
    return target


def targets_at(addresses: Iterable[str]) -> list[Target]:
    """Return what can be used of the addresses, each target once. A system check tells the rest."""
    found: dict[str, Target] = {}
    for address in addresses:
        try:
            target = target_at(address)
        except AddressWrong:
            continue
        found.setdefault(target.name, target)
    return list(found.values())


def shown(address: str) -> str:
    """An address for people who look for a mistake in it, without what may be secret."""
    front, _, _ = address.partition("?")
    front = front.partition("#")[0]
    scheme, at, rest = front.rpartition("@")
    hides = at and not scheme.startswith("mailto:")
    return f"{scheme.partition(':')[0]}:…@{rest}"[:100] if hides else front[:100]
