"""Evidence that people file by hand: what may be filed, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from urllib.parse import urlsplit

from governance.core.errors import NotAllowed, NotFound, Problem, WrongState
from governance.core.typed import is_plain
from governance.core.wording import counted, day
from governance.evidence.rules.requirements import evidence_kinds

MEBI = 1024 * 1024
MAX_FILE = 10 * MEBI
MAX_TITLE = 200
MAX_LINK = 1000
MAX_ENDING = 10
MAX_REASON = 2000
LONGEST_DAYS = 366
"""How long a statement that a requirement does not apply may hold before it is made again."""

_ENDING = re.compile(r"[a-z0-9]{1,10}")


class EvidenceNotFound(NotFound):
    code = "evidence_not_found"


class RequirementNotFound(NotFound):
    code = "requirement_not_found"


class EvidenceWithdrawn(WrongState):
    """Somebody withdrew it before."""

    code = "evidence_withdrawn"


class NotYourEvidence(NotAllowed):
    code = "not_your_evidence"


class StatementOver(WrongState):
    """It was ended, or its day is over."""

    code = "statement_over"


def filing_problems(
    *,
    title: str,
    kind: str,
    link: str,
    data: bytes | None,
    made: date,
    valid_until: date | None,
    today: date,
) -> Iterator[Problem]:
    if not title.strip() or len(title) > MAX_TITLE or not is_plain(title):
        said = f"Say what it is, in at most {MAX_TITLE} characters."
        yield Problem(field="title", rule="required", message=said)
    if kind not in evidence_kinds():
        yield Problem(field="kind", rule="choice", message="Choose what kind of evidence it is.")
    if not link and data is None:
        said = "Say where it is: give its address, or send the file."
        yield Problem(field="link", rule="required", message=said)
    if link and not _is_https(link):
        said = f"Give an address that begins with https://, of at most {MAX_LINK} characters."
        yield Problem(field="link", rule="https", message=said)
    yield from _file_problems(data)
    if made > today:
        said = f"Enter {day(today)} or an earlier day: nothing is filed before it is made."
        yield Problem(field="made_date", rule="range", message=said)
    if valid_until is not None and valid_until < made:
        said = "Enter the day on which it was made or a later one."
        yield Problem(field="valid_until", rule="range", message=said)


def _file_problems(data: bytes | None) -> Iterator[Problem]:
    if data is not None and not data:
        yield Problem(field="file", rule="empty", message="The file is empty. Send another.")
    if data is not None and len(data) > MAX_FILE:
        said = f"A file has at most {MAX_FILE // MEBI} MiB. File where it is instead."
        yield Problem(field="file", rule="size", message=said)


def _is_https(link: str) -> bool:
    try:
        parts = urlsplit(link)
        port = parts.port
    except ValueError:
        return False
    is_clean = len(link) <= MAX_LINK and is_plain(link) and not re.search(r"\s", link)
    # Names and passwords in an address would stand on record for everybody who reads it.
    is_open = "@" not in parts.netloc and port != 0
    return is_clean and is_open and parts.scheme == "https" and bool(parts.hostname)


def ending_of(name: str) -> str:
    """Return what the name of a file ends with, in lower case; nothing where that is no ending."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if stem and dot and _ENDING.fullmatch(ending.lower()) else ""


def chosen_problems(chosen: Sequence[str], *, asking: Collection[str]) -> Iterator[Problem]:
    """Say which of the chosen are none of those that ask for this kind of evidence."""
    for one in chosen:
        if one not in asking:
            said = f"{one} is no requirement that asks for this kind of evidence. Choose another."
            yield Problem(field="requirements", rule="choice", message=said)


def statement_problems(*, reason: str, until: date, today: date) -> Iterator[Problem]:
    if not reason.strip() or len(reason) > MAX_REASON or not is_plain(reason):
        said = f"Say why it does not apply, in at most {counted(MAX_REASON, 'character')}."
        yield Problem(field="reason", rule="required", message=said)
    latest = today + timedelta(days=LONGEST_DAYS)
    if not today <= until <= latest:
        said = f"Enter a day from {day(today)} to {day(latest)}: then it is stated again."
        yield Problem(field="until_date", rule="range", message=said)
