"""Entries as events of the Open Cybersecurity Schema Framework, for SIEMs that speak it.

Nothing is lost on the way: `raw_data` is the canonical text, `metadata.uid` the hash. People and
services are references; no name, address or free text is in an event. See docs/ledger-reading.md.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from governance.audit.lines import AT_ONCE, in_parts
from governance.audit.models import EntryQuerySet, LedgerEntry
from governance.audit.rules import Verb
from governance.core.canonical import timestamp

VERSION = "1.4.0"
"""Of the schema, from https://github.com/ocsf/ocsf-schema. Every attribute used is in it."""
PRODUCT = {"name": "Countersign", "vendor_name": "Countersign"}
OTHER = 99


class Severity(IntEnum):
    INFORMATIONAL = 1
    MEDIUM = 3
    CRITICAL = 5


@dataclass(frozen=True)
class EventClass:
    """A class of the schema, and those of its activities that occur here."""

    uid: int
    name: str
    category: str
    activities: Mapping[int, str]

    @property
    def category_uid(self) -> int:
        return self.uid // 1000

    def activity(self, number: int) -> str:
        return self.activities.get(number, "Other")


IAM = "Identity & Access Management"
ACCOUNT_CHANGE = EventClass(
    3001,
    "Account Change",
    IAM,
    {
        1: "Create",
        2: "Enable",
        3: "Password Change",
        5: "Disable",
        10: "MFA Factor Enable",
        11: "MFA Factor Disable",
    },
)
AUTHENTICATION = EventClass(3002, "Authentication", IAM, {1: "Logon", 2: "Logoff"})
ENTITY_MANAGEMENT = EventClass(
    3004,
    "Entity Management",
    IAM,
    {1: "Create", 3: "Update", 4: "Delete", 5: "Move", 8: "Enable", 9: "Disable"},
)
USER_ACCESS = EventClass(
    3005, "User Access Management", IAM, {1: "Assign Privileges", 2: "Revoke Privileges"}
)
API_ACTIVITY = EventClass(6003, "API Activity", "Application Activity", {})

CREATE, UPDATE, DELETE, MOVE, ENABLE, DISABLE = 1, 3, 4, 5, 8, 9
WORDS: dict[int, frozenset[str]] = {
    CREATE: frozenset(
        {
            "added", "built", "commented", "created", "defined", "derived", "drafted", "drawn",
            "extracted", "given", "issued", "made", "opened", "proposed", "recorded",
            "registered", "reported", "requested", "written",
        }
    ),
    DELETE: frozenset({"deleted", "removed", "revoked"}),
    MOVE: frozenset({"renamed"}),
    ENABLE: frozenset(
        {
            "approved", "confirmed", "enacted", "promoted", "promoted_in_emergency", "published",
            "undeprecated",
        }
    ),
    DISABLE: frozenset(
        {"archived", "demoted", "deprecated", "ended", "lapsed", "retired", "withdrawn"}
    ),
}  # fmt: skip
"""What an entity underwent, by the second word of the verb; any other is an update."""

ACTIVITIES: dict[str, tuple[EventClass, int]] = {
    Verb.AUTHENTICATOR_ADDED: (ACCOUNT_CHANGE, 10),
    Verb.AUTHENTICATOR_REMOVED: (ACCOUNT_CHANGE, 11),
    Verb.CALL_REFUSED: (API_ACTIVITY, OTHER),
    Verb.DELEGATION_ENDED: (USER_ACCESS, 2),
    Verb.DELEGATION_GIVEN: (USER_ACCESS, 1),
    Verb.MODEL_RETURNED: (ENTITY_MANAGEMENT, ENABLE),
    Verb.PASSWORD_CHANGED: (ACCOUNT_CHANGE, 3),
    Verb.ROLE_ENDED: (USER_ACCESS, 2),
    Verb.ROLE_GRANTED: (USER_ACCESS, 1),
    Verb.SERVICE_CREATED: (ACCOUNT_CHANGE, 1),
    Verb.SERVICE_UPDATED: (ACCOUNT_CHANGE, OTHER),
    Verb.USER_CREATED: (ACCOUNT_CHANGE, 1),
    Verb.USER_DEACTIVATED: (ACCOUNT_CHANGE, 5),
    Verb.USER_SIGNED_IN: (AUTHENTICATION, 1),
    Verb.USER_SIGNED_OUT: (AUTHENTICATION, 2),
    Verb.USER_UPDATED: (ACCOUNT_CHANGE, OTHER),
}
"""The verbs that are not about an entity alone."""

USER_TYPES = {"user": (1, "User"), "service": (4, "Service"), "system": (3, "System")}
GRAVE = frozenset({Verb.CALL_REFUSED.value, Verb.VERSION_PROMOTED_IN_EMERGENCY.value})


def activity_of(verb: str) -> tuple[EventClass, int]:
    """Return class and activity of a verb; what is about no account is about an entity."""
    if verb in ACTIVITIES:
        return ACTIVITIES[verb]
    word = verb.partition(".")[2]
    found = next((number for number, words in WORDS.items() if word in words), UPDATE)
    return ENTITY_MANAGEMENT, found


def event_of(entry: LedgerEntry) -> dict[str, Any]:
    """Return the event that says what the entry says."""
    kind, activity = activity_of(entry.verb)
    severity = severity_of(entry)
    is_refused = entry.verb == Verb.CALL_REFUSED
    facts = entry.facts
    event = {
        "category_uid": kind.category_uid,
        "category_name": kind.category,
        "class_uid": kind.uid,
        "class_name": kind.name,
        "activity_id": activity,
        "activity_name": kind.activity(activity) if activity != OTHER else entry.verb,
        "type_uid": kind.uid * 100 + activity,
        "type_name": f"{kind.name}: {kind.activity(activity)}",
        "time": round(entry.at.timestamp() * 1000),
        "severity_id": severity.value,
        "severity": severity.name.capitalize(),
        "status_id": 2 if is_refused else 1,
        "status": "Failure" if is_refused else "Success",
        "message": f"{entry.verb} {entry.subject}",
        "metadata": _metadata(entry),
        "actor": {"user": user_of(entry.actor)},
        "raw_data": entry.text,
        "unmapped": {
            "previous": entry.previous,
            "source": entry.source,
            "subject": entry.subject,
            "facts": facts,
        },
    }
    return event | PARTICULARS[kind.uid](entry, facts)


def severity_of(entry: LedgerEntry) -> Severity:
    if entry.verb == Verb.LEDGER_VERIFIED and entry.facts.get("intact") is False:
        return Severity.CRITICAL
    return Severity.MEDIUM if entry.verb in GRAVE else Severity.INFORMATIONAL


def user_of(ref: str) -> dict[str, Any]:
    """A person, a service account or a part of the portal, by reference alone."""
    number, name = USER_TYPES.get(ref.partition(":")[0], (OTHER, "Other"))
    return {"uid": ref, "type_id": number, "type": name}


def _metadata(entry: LedgerEntry) -> dict[str, Any]:
    request = {"correlation_uid": entry.request_id} if entry.request_id else {}
    return request | {
        "version": VERSION,
        "product": PRODUCT,
        "uid": entry.hash,
        "event_code": entry.verb,
        "log_name": entry.stream_name,
        "sequence": entry.seq,
        "original_time": timestamp(entry.at),
    }


def _account(entry: LedgerEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": user_of(entry.subject)}


def _authentication(entry: LedgerEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"user": user_of(entry.actor), "service": {"name": PRODUCT["name"]}}


def _access(entry: LedgerEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Whom a role is given to or taken from; of a seat that is lent, the deputy."""
    holder = facts.get("user") or facts.get("deputy") or entry.subject
    return {"user": user_of(str(holder)), "privileges": [str(facts.get("role", ""))]}


def _entity(entry: LedgerEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {"entity": {"uid": entry.subject, "type": entry.subject.partition(":")[0]}}


def _call(entry: LedgerEntry, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What was refused. Where the call came from is not on record, only through what."""
    return {
        "api": {
            "operation": str(facts.get("call", entry.verb)),
            "service": {"name": PRODUCT["name"]},
        },
        "src_endpoint": {"svc_name": entry.source},
        "resources": [{"uid": entry.subject, "type": entry.subject.partition(":")[0]}],
        "status_code": str(facts.get("rule", "")),
    }


PARTICULARS = {
    ACCOUNT_CHANGE.uid: _account,
    AUTHENTICATION.uid: _authentication,
    ENTITY_MANAGEMENT.uid: _entity,
    USER_ACCESS.uid: _access,
    API_ACTIVITY.uid: _call,
}


def ocsf_lines(entries: EntryQuerySet) -> Iterator[bytes]:
    """Yield every entry as an event on a line, stream by stream, in one query."""
    rows = entries.by_stream().iterator(chunk_size=AT_ONCE)
    return in_parts(ocsf_line(entry) for entry in rows)


def ocsf_line(entry: LedgerEntry) -> str:
    return json.dumps(event_of(entry), ensure_ascii=False, separators=(",", ":"))
