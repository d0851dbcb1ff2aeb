"""What may be asked of the ledger: each condition as an address says it, and what it must be like.

Pages, the interface and saved views all say it alike, so it is read here for all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from governance.audit.queries import Filter
from governance.audit.rules import Source, Verb, front_of, is_reference, is_request_id, is_stream
from governance.core.errors import InvalidInput, Problem
from governance.core.typed import moment_of

_HASH = re.compile(r"[0-9a-f]{64}")
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Condition:
    """What a value has to be, under which rule, and what would do."""

    rule: str
    message: str
    holds: Callable[[str], bool]


def _is_verb(text: str) -> bool:
    """A verb, or `noun.*` of a noun that has one."""
    noun = text.removesuffix(".*")
    if noun != text:
        return any(verb.partition(".")[0] == noun for verb in Verb.values)
    return text in Verb.values


def entry_key(text: str) -> UUID | None:
    """Return the key of the entry that an identifier or a whole hash names; None of neither."""
    if _HASH.fullmatch(text):
        return front_of(text)
    try:
        return UUID(text)
    except ValueError:
        return None


def since_of(text: str) -> datetime | None:
    """Return the moment that was typed; of a date, its first one in UTC. None of anything else."""
    moment = moment_of(text)
    if moment is None or not _is_date(text):
        return moment
    return datetime.combine(moment.date(), time.min, tzinfo=UTC)


def until_of(text: str) -> datetime | None:
    """Return the moment that was typed; of a date, that at which it is over. None of all else."""
    moment = moment_of(text)
    if moment is None or not _is_date(text):
        return moment
    # The last day of the calendar has no day after it.
    return moment + TICK if moment.date() < date.max else moment


def _is_date(text: str) -> bool:
    return len(text) == len("2026-11-19")


_MOMENT = "Enter a date such as 2026-11-19. A time needs its zone."
CONDITIONS: Mapping[str, Condition] = {
    "verb": Condition(
        "verb", "Name a verb such as card.published, or all of a noun as card.*.", _is_verb
    ),
    "actor": Condition(
        "reference", "Give the reference of who acted, such as user:… or service:….", is_reference
    ),
    "source": Condition(
        "choice", f"Choose one of {', '.join(Source.values)}.", lambda text: text in Source.values
    ),
    "subject": Condition(
        "reference", "Give a reference, such as version:… or request:….", is_reference
    ),
    "request": Condition(
        "request", "Give the identifier of a request, as entries show it.", is_request_id
    ),
    "stream": Condition(
        "stream", "Name a stream: firm, accounts, evidence, ledger or model:….", is_stream
    ),
    "entry": Condition(
        "entry",
        "There is no such entry. Give its identifier or its whole hash.",
        lambda text: entry_key(text) is not None,
    ),
    "since": Condition("moment", _MOMENT, lambda text: since_of(text) is not None),
    "until": Condition("moment", _MOMENT, lambda text: until_of(text) is not None),
}
"""Every condition by its name in an address, but for those that know more than the ledger."""


def problems_of(asked: Mapping[str, str]) -> Iterable[Problem]:
    """Name each condition that is not what it has to be; empty ones ask for nothing."""
    for name, condition in CONDITIONS.items():
        value = asked.get(name, "")
        if value and not condition.holds(value):
            yield Problem(field=name, rule=condition.rule, message=condition.message)


def filter_of(
    asked: Mapping[str, str],
    *,
    streams: Collection[str] | None,
    among: Collection[str] | None = None,
) -> Filter:
    """Read the conditions of an address, within the streams that the reader may see.

    Raises InvalidInput, with a problem for each condition that is none.
    """
    if problems := list(problems_of(asked)):
        raise InvalidInput(*problems)
    stream = asked.get("stream", "")
    if stream:
        streams = [stream] if streams is None or stream in streams else []
    return Filter(
        streams=streams,
        verb=asked.get("verb", ""),
        among=among,
        actor=asked.get("actor", ""),
        subject=asked.get("subject", ""),
        source=asked.get("source", ""),
        request=asked.get("request", ""),
        entry=entry_key(asked.get("entry", "")),
        since=since_of(asked.get("since", "")),
        until=until_of(asked.get("until", "")),
    )
