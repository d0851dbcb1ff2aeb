"""What an entry is and what may stand in it. No database, no clock. See docs/ledger-format.md."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import models

from governance.core.canonical import admit, canonical, encoded, sha256_hex, timestamp

FORMAT = "countersign.ledger.entry/1"
DOMAIN = FORMAT.encode() + b"\0"
SIGNATURE_FORMAT = "countersign.signature/1"
"""What the portal signs of a person's signature. See docs/signatures.md."""

GENESIS = "0" * 64
CONSOLE = "system:console"
"""Who acts when somebody with the server's shell runs a command."""
CLOCK = "system:clock"
"""Who acts when something falls due."""

FACT_LENGTH = 200
FACT_DEPTH = 6

_STREAM = re.compile(r"[a-z]+(:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?")
_REFERENCE = re.compile(r"[a-z][a-z0-9_]*(:[A-Za-z0-9._~-]{1,100})?")
_REQUEST = re.compile(r"[A-Za-z0-9_-]{0,64}")
_FACT_KEY = re.compile(r"[A-Za-z0-9_.:/@%+-]{1,100}")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+\.[A-Za-z]{2,}")


class Verb(models.TextChoices):
    """Everything that can have happened. Retired verbs stay: old entries speak of them."""

    ALARM_RAISED = "alarm.raised"
    ALARM_SETTLED = "alarm.settled"
    ALIAS_DELETED = "alias.deleted"
    ALIAS_SET = "alias.set"
    APPROVAL_LAPSED = "approval.lapsed"
    ARTIFACTS_CHECKED = "artifacts.checked"
    ARTIFACTS_RECORDED = "artifacts.recorded"
    ATTESTATION_GIVEN = "attestation.given"
    AUTHENTICATOR_ADDED = "authenticator.added"
    AUTHENTICATOR_REMOVED = "authenticator.removed"
    CALL_REFUSED = "call.refused"
    CAMPAIGN_ENDED = "campaign.ended"
    CAMPAIGN_OPENED = "campaign.opened"
    CARD_COMMENT_SETTLED = "card.comment_settled"
    CARD_COMMENTED = "card.commented"
    CARD_DRAFTED = "card.drafted"
    CARD_PUBLISHED = "card.published"
    CARD_WITHDRAWN = "card.withdrawn"
    CHECK_TICKED = "check.ticked"
    CHECKPOINT_MADE = "checkpoint.made"
    CHECKPOINT_REFUSED = "checkpoint.refused"
    CLASS_ASSESSED = "class.assessed"
    COMMENT_EDITED = "comment.edited"
    COMMENT_REMOVED = "comment.removed"
    COMMENT_WRITTEN = "comment.written"
    COVERAGE_COUNTED = "coverage.counted"
    DELEGATION_ENDED = "delegation.ended"
    DELEGATION_GIVEN = "delegation.given"
    DEPENDENCY_ADDED = "dependency.added"
    DEPENDENCY_ENDED = "dependency.ended"
    DEPLOYMENT_REPORTED = "deployment.reported"
    EVALUATION_RECORDED = "evaluation.recorded"
    EVIDENCE_FILED = "evidence.filed"
    EVIDENCE_WITHDRAWN = "evidence.withdrawn"
    EXAMINATION_ENDED = "examination.ended"
    EXAMINATION_EXTENDED = "examination.extended"
    EXAMINATION_OPENED = "examination.opened"
    EXAMINATION_VIEWED = "examination.viewed"
    EXAMINATION_WIDENED = "examination.widened"
    FIELD_CHANGED = "field.changed"
    FIELD_DEFINED = "field.defined"
    FINDING_CLOSED = "finding.closed"
    FINDING_OPENED = "finding.opened"
    HOLD_LIFTED = "hold.lifted"
    HOLD_PLACED = "hold.placed"
    IMPORT_APPLIED = "import.applied"
    INFORMATION_REQUEST_ACCEPTED = "information_request.accepted"
    INFORMATION_REQUEST_ANSWERED = "information_request.answered"
    INFORMATION_REQUEST_ASSIGNED = "information_request.assigned"
    INFORMATION_REQUEST_FOLLOWED_UP = "information_request.followed_up"
    INFORMATION_REQUEST_RAISED = "information_request.raised"
    INFORMATION_REQUEST_WITHDRAWN = "information_request.withdrawn"
    KEY_ROTATED = "key.rotated"
    LEDGER_FORKED = "ledger.forked"
    LEDGER_VERIFIED = "ledger.verified"
    LINEAGE_DERIVED = "lineage.derived"
    LINEAGE_REPORTED = "lineage.reported"
    MODEL_CREATED = "model.created"
    MODEL_DESCRIBED = "model.described"
    MODEL_DETERMINED = "model.determined"
    MODEL_REMOVED = "model.removed"
    MODEL_RENAMED = "model.renamed"
    MODEL_RETIRED = "model.retired"
    MODEL_RETURNED = "model.returned"
    MODEL_TAGGED = "model.tagged"
    MODEL_UNTAGGED = "model.untagged"
    MODEL_UPDATED = "model.updated"
    MODEL_CHANGE_ACCEPTED = "model_change.accepted"
    MODEL_CHANGE_DECLINED = "model_change.declined"
    MODEL_CHANGE_PROPOSED = "model_change.proposed"
    MODEL_CHANGE_WITHDRAWN = "model_change.withdrawn"
    OVERRIDE_PROPOSED = "override.proposed"
    OVERRIDE_SIGNED = "override.signed"
    PACK_BUILT = "pack.built"
    PACK_DOWNLOADED = "pack.downloaded"
    PASSWORD_CHANGED = "password.changed"  # noqa: S105
    PERSON_ERASED = "person.erased"
    POLICY_ENACTED = "policy.enacted"
    POLICY_PROPOSED = "policy.proposed"
    POLICY_REJECTED = "policy.rejected"
    POLICY_SIGNED = "policy.signed"
    POPULATION_EXTRACTED = "population.extracted"
    PROSE_ERASED = "prose.erased"
    QUESTIONNAIRE_PUBLISHED = "questionnaire.published"
    REQUEST_OPENED = "request.opened"
    REQUEST_REJECTED = "request.rejected"
    REQUEST_RETURNED = "request.returned"
    REQUEST_SIGNED = "request.signed"
    REQUEST_WITHDRAWN = "request.withdrawn"
    REQUIREMENT_EXCLUDED = "requirement.excluded"
    REQUIREMENT_INCLUDED = "requirement.included"
    REVIEW_RECORDED = "review.recorded"
    ROLE_ENDED = "role.ended"
    ROLE_GRANTED = "role.granted"
    SAMPLE_DRAWN = "sample.drawn"
    SCOPE_RECOMPUTED = "scope.recomputed"
    SERVICE_CREATED = "service.created"
    SERVICE_UPDATED = "service.updated"
    SLOT_ALIAS_BOUND = "slot.alias_bound"
    SLOT_ASSIGNED = "slot.assigned"
    SLOT_CREATED = "slot.created"
    SLOT_ENDED = "slot.ended"
    SLOT_SHARE_LOWERED = "slot.share_lowered"
    SLOT_SHARED = "slot.shared"
    TIER_ASSESSED = "tier.assessed"
    TIER_REVERTED = "tier.reverted"
    TIER_OVERRIDE_APPROVED = "tier_override.approved"
    TIER_OVERRIDE_PROPOSED = "tier_override.proposed"
    TOKEN_ISSUED = "token.issued"  # noqa: S105
    TOKEN_REVOKED = "token.revoked"  # noqa: S105
    UNIT_CREATED = "unit.created"
    UNIT_UPDATED = "unit.updated"
    USER_CREATED = "user.created"
    USER_DEACTIVATED = "user.deactivated"
    USER_SIGNED_IN = "user.signed_in"
    USER_SIGNED_OUT = "user.signed_out"
    USER_UPDATED = "user.updated"
    VALIDATION_DRAFTED = "validation.drafted"
    VALIDATION_SIGNED = "validation.signed"
    VERSION_ARCHIVED = "version.archived"
    VERSION_CONFIRMED = "version.confirmed"
    VERSION_DEMOTED = "version.demoted"
    VERSION_DEPRECATED = "version.deprecated"
    VERSION_DESCRIBED = "version.described"
    VERSION_LABELED = "version.labeled"
    VERSION_PROMOTED = "version.promoted"
    VERSION_PROMOTED_IN_EMERGENCY = "version.promoted_in_emergency"
    VERSION_REGISTERED = "version.registered"
    VERSION_REMOVED = "version.removed"
    VERSION_ROLLED_BACK = "version.rolled_back"
    VERSION_TAGGED = "version.tagged"
    VERSION_UNDEPRECATED = "version.undeprecated"
    VERSION_UNTAGGED = "version.untagged"
    WAIVER_APPROVED = "waiver.approved"
    WAIVER_ENDED = "waiver.ended"
    WAIVER_REFUSED = "waiver.refused"
    WAIVER_REQUESTED = "waiver.requested"
    WEBHOOK_CREATED = "webhook.created"
    WEBHOOK_DELETED = "webhook.deleted"
    WEBHOOK_EDITED = "webhook.edited"


class Source(models.TextChoices):
    """Through what an act came in."""

    PAGE = "PAGE"
    API = "API"
    MLFLOW = "MLFLOW", "MLflow"
    ADMIN = "ADMIN"
    COMMAND = "COMMAND"
    JOB = "JOB"
    IMPORT = "IMPORT"


class NotAdmissible(ValueError):
    """Something that may not stand in an entry. A fault of the calling code, not of a person."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry before it has a hash; `seq` is its place in the stream, 0 while that is open."""

    stream: str
    seq: int = 0
    at: datetime
    verb: str
    subject: str
    actor: str
    source: str
    request: str
    facts: Mapping[str, Any]
    states: Mapping[str, str]

    def text(self) -> str:
        """Return the canonical text. Raises NotAdmissible or core.canonical.NotCanonical."""
        before, after = self.around()
        return f"{before}{admit(self.seq)}{after}"

    def around(self) -> tuple[str, str]:
        """Return the canonical text before and after `seq`, which only the stream's head gives.

        The same is raised.
        """
        _match(_STREAM, self.stream, "stream")
        _match(_REFERENCE, self.subject, "subject")
        _match(_REFERENCE, self.actor, "actor")
        _match(_REQUEST, self.request, "request")
        check_facts(self.facts)
        # What was matched above is plain by that; the rest may hold anything. Keys stand in their
        # order, so those up to `request` come before `seq`, and the rest after it.
        before = encoded(
            {
                "actor": self.actor,
                "at": timestamp(self.at),
                "facts": admit(self.facts),
                "format": FORMAT,
                "request": self.request,
            }
        )
        after = encoded(
            {
                "source": admit(self.source),
                "states": admit(sorted(self.states.items())),
                "stream": self.stream,
                "subject": self.subject,
                "verb": admit(self.verb),
            }
        )
        return f'{before[:-1]},"seq":', f",{after[1:]}"


def entry_hash(*, previous: str, text: str) -> str:
    """Return the hash that ties `text` to the entry before it."""
    return sha256_hex(DOMAIN + bytes.fromhex(previous) + text.encode())


def front_of(digest: str) -> UUID:
    """The first 16 bytes of a digest, as the identifier that cannot be changed unnoticed."""
    return UUID(hex=digest[:32])


@lru_cache(maxsize=4096)
def stream_id(name: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"countersign:stream:{name}")


def prose_digest(*, salt: str, text: str) -> str:
    return sha256_hex(salt.encode() + text.encode())


def is_request_id(value: str) -> bool:
    return bool(_REQUEST.fullmatch(value)) and value != ""


def is_reference(value: str) -> bool:
    return bool(_REFERENCE.fullmatch(value))


def is_stream(value: str) -> bool:
    """Tell whether a stream may be called so, which is not whether there is one."""
    return bool(_STREAM.fullmatch(value))


def check_facts(facts: Mapping[str, Any]) -> None:
    """Raise NotAdmissible if `facts` could hold free text or a person's address.

    An entry cannot be erased, so what might have to be erased must not get in.
    """
    _check(facts, path="facts", depth=FACT_DEPTH)


def admissible(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of `facts` that may stand in an entry, as they will stand there.

    For refusals, whose facts are whatever the refusing rule knows.
    """
    kept: dict[str, Any] = {}
    for key, value in facts.items():
        # NotCanonical and NotAdmissible are both ValueErrors.
        with suppress(ValueError):
            check_facts({key: value})
            kept |= json.loads(canonical({key: value}))
    return kept


def _check(value: Any, *, path: str, depth: int) -> None:
    if depth < 0:
        raise NotAdmissible(f"{path}: nested deeper than {FACT_DEPTH}")
    if isinstance(value, str):
        _check_string(value, path)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            _match(_FACT_KEY, key, f"{path}: key")
            _check(inner, path=f"{path}.{key}", depth=depth - 1)
    elif isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        for index, inner in enumerate(value):
            _check(inner, path=f"{path}[{index}]", depth=depth - 1)


def _check_string(value: str, path: str) -> None:
    if len(value) > FACT_LENGTH:
        raise NotAdmissible(f"{path}: {len(value)} characters; free text belongs in Prose")
    if not value.isprintable():
        raise NotAdmissible(f"{path}: line breaks and control characters are free text")
    if _MAIL.search(value):
        raise NotAdmissible(f"{path}: an e-mail address is personal data; use a reference")


def _match(pattern: re.Pattern[str], value: object, what: str) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise NotAdmissible(f"{what} {value!r} does not match {pattern.pattern}")
