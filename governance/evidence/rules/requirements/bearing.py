"""Whether something narrowed by facts applies to a model that its framework applies to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from governance.inventory.rules.frameworks import Facts, Status
from governance.inventory.rules.frameworks.frameworks import When
from governance.inventory.rules.frameworks.scoping import holds


class Narrowed(Protocol):
    """A requirement or an obligation: what applies only where one of `when` holds."""

    @property
    def framework(self) -> str: ...

    @property
    def when(self) -> tuple[When, ...]: ...

    @property
    def otherwise(self) -> str: ...

    def asked(self) -> Iterator[str]: ...


@dataclass(frozen=True, kw_only=True)
class Bearing:
    """What is said of one requirement for one model whose framework applies.

    `because` says why it does not apply; `unknown` names the facts that would settle it.
    """

    status: Status
    because: str = ""
    unknown: tuple[str, ...] = ()


def bearing(one: Narrowed, facts: Facts) -> Bearing:
    """Tell whether it applies by these facts.

    A known answer never turns because a fact becomes known. Whether the framework applies at all
    is not asked here.
    """
    known = facts.seen_by(one.framework)
    open_ones: Sequence[When] = [when for when in one.when if holds(when, known) is None]
    if not one.when or any(holds(when, known) for when in one.when):
        return Bearing(status=Status.APPLIES)
    if not open_ones:
        return Bearing(status=Status.DOES_NOT_APPLY, because=one.otherwise)
    missing = (key for when in open_ones for key in when if key not in known)
    return Bearing(status=Status.UNKNOWN, unknown=tuple(dict.fromkeys(missing)))
