"""Entries as syslog messages (RFC 5424), framed by counting octets (RFC 6587 §3.4.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from governance.audit.models import LedgerEntry
from governance.audit.ocsf import Severity, ocsf_line, severity_of
from governance.core.canonical import timestamp

APP = "countersign"
STRUCTURE = "countersign@32473"
"""The number that RFC 5612 reserves for what has none of its own, so it is no firm's."""
AUDIT = 13
"""The facility "log audit" of RFC 5424 §6.2.1."""
LEVELS: Mapping[Severity, int] = {
    Severity.INFORMATIONAL: 6,
    Severity.MEDIUM: 4,
    Severity.CRITICAL: 2,
}
BOM = "\ufeff"
LONGEST_DATAGRAM = 60_000
"""Of UDP, whose packets end at 65,507 octets of payload."""

_UNSAFE = re.compile(r'(["\\\]])')
_UNPRINTABLE = re.compile(r"[^!-~]")


def message_of(entry: LedgerEntry, *, host: str, as_ocsf: bool = False) -> bytes:
    """Return the message: its parts searchable as structured data, the canonical text as its body.

    With `as_ocsf` the body is the entry as an OCSF event, which holds that text.
    """
    body = ocsf_line(entry) if as_ocsf else entry.text
    # RFC 5424 §6.4: text that is not ASCII announces itself as UTF-8.
    mark = "" if body.isascii() else BOM
    return f"{_head(entry, host)} {mark}{body}".encode()


def datagram_of(entry: LedgerEntry, *, host: str, as_ocsf: bool = False) -> bytes:
    """Return the message as one packet: of an entry that is too long, all but the body.

    Its hash and number lead to the entry itself.
    """
    message = message_of(entry, host=host, as_ocsf=as_ocsf)
    return message if len(message) <= LONGEST_DATAGRAM else _head(entry, host).encode()


def framed(message: bytes) -> bytes:
    return b"%d %s" % (len(message), message)


def _head(entry: LedgerEntry, host: str) -> str:
    priority = AUDIT * 8 + LEVELS[severity_of(entry)]
    name = _UNPRINTABLE.sub("", host)[:255] or "-"
    at = timestamp(entry.at)
    return f"<{priority}>1 {at} {name} {APP} - {entry.verb[:32]} {_structure(entry)}"


def _structure(entry: LedgerEntry) -> str:
    said = {
        "stream": entry.stream_name,
        "seq": str(entry.seq),
        "verb": entry.verb,
        "subject": entry.subject,
        "actor": entry.actor,
        "source": entry.source,
        "request": entry.request_id,
        "hash": entry.hash,
        "previous": entry.previous,
    }
    pairs = " ".join(f'{name}="{_escaped(value)}"' for name, value in said.items())
    return f"[{STRUCTURE} {pairs}]"


def _escaped(value: str) -> str:
    return _UNSAFE.sub(r"\\\1", value)
