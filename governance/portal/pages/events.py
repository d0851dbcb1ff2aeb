"""Ledger entries as people read them: a mark, a sentence, who, when, and the link of the chain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from governance.accounts.rules import Actor
from governance.audit.models import LedgerEntry
from governance.audit.rules import Source, Verb
from governance.core.wording import as_date, sentence
from governance.portal.pages.events_of_examinations import EXAMINATIONS
from governance.portal.pages.naming import Names, names_in


@dataclass(frozen=True, kw_only=True)
class Mark:
    """How an act looks and reads; `{what}` stands for its subject."""

    tone: str
    icon: str
    label: str
    text: str = ""


SIGNED = ("ink", "sign", "Signature")
MARKS: dict[str, Mark] = {
    verb.value: Mark(tone=tone, icon=icon, label=label, text=text)
    for verb, (tone, icon, label), text in (
        (Verb.ALARM_RAISED, ("bad", "chain", "Alarm"), "Found the ledger contradicted"),
        (Verb.ALARM_SETTLED, ("ok", "chain", "Alarm"), "Settled the ledger's alarms"),
        (Verb.ALIAS_DELETED, ("mute", "edit", "Registry"), "Took an alias from {what}"),
        (Verb.ALIAS_SET, ("mute", "edit", "Registry"), "Gave an alias to {what}"),
        (Verb.APPROVAL_LAPSED, ("bad", "clock", "Lapsed"), "The approval of {what} lapsed"),
        (Verb.ARTIFACTS_CHECKED, ("mute", "copy", "Artifacts"), "Compared the artifacts of {what}"),
        (Verb.ARTIFACTS_RECORDED, ("mute", "copy", "Artifacts"), "Took the digests of {what}"),
        (Verb.ATTESTATION_GIVEN, SIGNED, "Attested to the inventory record"),
        (Verb.AUTHENTICATOR_ADDED, ("mute", "key", "Access"), "Added an authenticator"),
        (
            Verb.AUTHENTICATOR_REMOVED,
            ("warn", "key", "Access"),
            "Removed an authenticator of {what}",
        ),
        (Verb.CALL_REFUSED, ("bad", "cross", "Refused"), "Was refused"),
        (Verb.CAMPAIGN_ENDED, ("mute", "minus", "Attestation"), "Ended a campaign of attestation"),
        (Verb.CAMPAIGN_OPENED, ("ink", "book", "Attestation"), "Opened a campaign of attestation"),
        (Verb.CARD_COMMENT_SETTLED, ("mute", "check", "Card"), "Settled a comment on the card"),
        (Verb.CARD_COMMENTED, ("mute", "comment", "Card"), "Commented on the model card"),
        (Verb.CARD_DRAFTED, ("mute", "edit", "Card"), "Saved a draft of the model card"),
        (Verb.CARD_PUBLISHED, ("ok", "book", "Card"), "Published the model card"),
        (Verb.CARD_WITHDRAWN, ("warn", "minus", "Card"), "Withdrew the model card"),
        (Verb.CHECK_TICKED, ("mute", "check", "Check"), "Looked at a manual check"),
        (Verb.CHECKPOINT_MADE, ("ok", "chain", "Checkpoint"), "Signed a checkpoint of the ledger"),
        (
            Verb.CHECKPOINT_REFUSED,
            ("bad", "chain", "Checkpoint"),
            "Refused to sign a ledger that contradicts what was signed",
        ),
        (Verb.CLASS_ASSESSED, ("ink", "sliders", "Class"), "Assessed the EU AI Act class"),
        (Verb.DEPENDENCY_ADDED, ("mute", "plus", "Inventory"), "Added a model that feeds it"),
        (Verb.DEPENDENCY_ENDED, ("mute", "minus", "Inventory"), "Ended that a model feeds it"),
        (Verb.DEPLOYMENT_REPORTED, ("mute", "pulse", "Serving"), "Reported what an instance runs"),
        (Verb.COMMENT_EDITED, ("mute", "edit", "Comment"), "Changed a comment on {what}"),
        (Verb.COMMENT_REMOVED, ("mute", "minus", "Comment"), "Took back a comment on {what}"),
        (Verb.COMMENT_WRITTEN, ("mute", "comment", "Comment"), "Commented on {what}"),
        (Verb.COVERAGE_COUNTED, ("mute", "shield", "Coverage"), "Counted what has evidence"),
        (Verb.DELEGATION_ENDED, ("mute", "person", "Access"), "Took back a seat that was lent"),
        (Verb.DELEGATION_GIVEN, ("mute", "person", "Access"), "Lent a seat among those who sign"),
        (Verb.EVALUATION_RECORDED, ("mute", "pulse", "Measured"), "Recorded results for {what}"),
        *EXAMINATIONS,
        (Verb.EVIDENCE_FILED, ("ok", "file", "Evidence"), "Filed evidence"),
        (Verb.EVIDENCE_WITHDRAWN, ("warn", "minus", "Evidence"), "Withdrew filed evidence"),
        (Verb.FIELD_CHANGED, ("mute", "sliders", "Inventory"), "Changed a field of the firm"),
        (Verb.FIELD_DEFINED, ("mute", "sliders", "Inventory"), "Defined a field of the firm"),
        (Verb.FINDING_CLOSED, ("ok", "flag", "Finding"), "Closed a finding"),
        (Verb.FINDING_OPENED, ("warn", "flag", "Finding"), "Raised a finding"),
        (Verb.HOLD_LIFTED, ("mute", "minus", "Hold"), "Lifted a hold"),
        (Verb.HOLD_PLACED, ("warn", "lock", "Hold"), "Put on hold: nothing of it is erased"),
        (Verb.IMPORT_APPLIED, ("ink", "copy", "Import"), "Imported a file into the inventory"),
        (Verb.KEY_ROTATED, ("ink", "key", "Key"), "Handed over to a new signing key"),
        (
            Verb.LEDGER_FORKED,
            ("bad", "chain", "Origin"),
            "Began a new origin of the ledger's checkpoints",
        ),
        (Verb.LEDGER_VERIFIED, ("ok", "chain", "Verified"), "Verified the ledger"),
        (Verb.LINEAGE_DERIVED, ("mute", "chain", "Lineage"), "Put stated lineage into rows"),
        (Verb.LINEAGE_REPORTED, ("mute", "chain", "Lineage"), "Reported lineage"),
        (Verb.MODEL_CREATED, ("mute", "plus", "Registered"), "Registered the model"),
        (Verb.MODEL_DESCRIBED, ("mute", "edit", "Registry"), "Changed the model’s description"),
        (Verb.MODEL_DETERMINED, ("ink", "sliders", "Scope"), "Decided whether it is a model"),
        (Verb.MODEL_REMOVED, ("warn", "minus", "Registry"), "Removed the model"),
        (Verb.MODEL_RENAMED, ("warn", "edit", "Registry"), "Renamed the model"),
        (Verb.MODEL_RETIRED, ("warn", "minus", "Inventory"), "Retired the model"),
        (Verb.MODEL_RETURNED, ("ok", "plus", "Inventory"), "Brought the model back into use"),
        (Verb.MODEL_TAGGED, ("mute", "edit", "Registry"), "Set a tag of the model"),
        (Verb.MODEL_UNTAGGED, ("mute", "edit", "Registry"), "Removed a tag of the model"),
        (
            Verb.MODEL_CHANGE_ACCEPTED,
            ("ok", "check", "Change"),
            "Accepted a change of the live model",
        ),
        (
            Verb.MODEL_CHANGE_DECLINED,
            ("bad", "cross", "Change"),
            "Declined a change of the live model",
        ),
        (
            Verb.MODEL_CHANGE_PROPOSED,
            ("ink", "comment", "Change"),
            "Proposed a change of the live model",
        ),
        (
            Verb.MODEL_CHANGE_WITHDRAWN,
            ("mute", "minus", "Change"),
            "Withdrew a change of the live model",
        ),
        (Verb.MODEL_UPDATED, ("mute", "edit", "Inventory"), "Changed the inventory record"),
        (Verb.OVERRIDE_PROPOSED, ("warn", "override", "Override"), "Proposed to override a check"),
        (Verb.OVERRIDE_SIGNED, ("warn", "override", "Override"), "Signed an override"),
        (Verb.PASSWORD_CHANGED, ("mute", "key", "Access"), "Changed the password"),
        (Verb.PACK_BUILT, ("ink", "file", "Evidence"), "Built an evidence pack"),
        (
            Verb.PACK_DOWNLOADED,
            ("mute", "download", "Evidence"),
            "Took a file of an evidence pack away",
        ),
        (Verb.POPULATION_EXTRACTED, ("ink", "filter", "Evidence"), "Extracted a population"),
        (Verb.SAMPLE_DRAWN, ("ink", "filter", "Evidence"), "Drew a sample"),
        (Verb.PERSON_ERASED, ("warn", "minus", "Erased"), "Erased a person’s data"),
        (Verb.POLICY_ENACTED, ("ok", "sliders", "Policy"), "A policy took effect"),
        (Verb.POLICY_PROPOSED, ("mute", "sliders", "Policy"), "Proposed a policy"),
        (Verb.POLICY_REJECTED, ("bad", "cross", "Policy"), "Rejected a policy"),
        (Verb.POLICY_SIGNED, SIGNED, "Signed a policy"),
        (Verb.PROSE_ERASED, ("warn", "minus", "Erased"), "Erased one text"),
        (
            Verb.QUESTIONNAIRE_PUBLISHED,
            ("ok", "sliders", "Questionnaire"),
            "Published a questionnaire",
        ),
        (Verb.REQUEST_OPENED, ("ink", "comment", "Request"), "Asked for a promotion"),
        (Verb.REQUEST_REJECTED, ("bad", "cross", "Rejected"), "Rejected the promotion"),
        (Verb.REQUEST_RETURNED, ("warn", "override", "Returned"), "Returned it for changes"),
        (Verb.REQUEST_SIGNED, SIGNED, "Signed the promotion"),
        (Verb.REQUEST_WITHDRAWN, ("mute", "minus", "Withdrawn"), "Withdrew the request"),
        (
            Verb.REQUIREMENT_EXCLUDED,
            ("warn", "minus", "Coverage"),
            "Stated that a requirement does not apply",
        ),
        (
            Verb.REQUIREMENT_INCLUDED,
            ("mute", "plus", "Coverage"),
            "Had a requirement apply again",
        ),
        (Verb.REVIEW_RECORDED, ("ok", "book", "Review"), "Recorded a review"),
        (Verb.ROLE_ENDED, ("mute", "person", "Access"), "Ended a role"),
        (Verb.ROLE_GRANTED, ("mute", "person", "Access"), "Granted a role"),
        (Verb.SCOPE_RECOMPUTED, ("mute", "sliders", "Rules"), "Computed anew which rules apply"),
        (Verb.SERVICE_CREATED, ("mute", "key", "Access"), "Created the service account {what}"),
        (Verb.SERVICE_UPDATED, ("mute", "key", "Access"), "Changed the service account {what}"),
        (Verb.SLOT_SHARED, ("ok", "check", "Stage"), "Gave {what} a share of live traffic"),
        (Verb.SLOT_ALIAS_BOUND, ("mute", "edit", "Slot"), "Bound an alias to the slot {what}"),
        (Verb.SLOT_ASSIGNED, ("mute", "plus", "Slot"), "Gave a role in a slot to {what}"),
        (Verb.SLOT_CREATED, ("mute", "plus", "Slot"), "Created the slot {what}"),
        (Verb.SLOT_ENDED, ("mute", "minus", "Slot"), "Ended the role in a slot of {what}"),
        (Verb.SLOT_SHARE_LOWERED, ("mute", "down", "Slot"), "Lowered the canary share of {what}"),
        (Verb.TIER_ASSESSED, ("ink", "sliders", "Tier"), "Assessed the risk tier"),
        (Verb.TIER_REVERTED, ("warn", "clock", "Tier"), "The override of the tier ended"),
        (
            Verb.TIER_OVERRIDE_APPROVED,
            ("warn", "override", "Tier"),
            "Approved another tier than assessed",
        ),
        (
            Verb.TIER_OVERRIDE_PROPOSED,
            ("warn", "override", "Tier"),
            "Proposed another tier than assessed",
        ),
        (Verb.TOKEN_ISSUED, ("mute", "key", "Access"), "Issued a token"),
        (Verb.TOKEN_REVOKED, ("mute", "key", "Access"), "Revoked a token"),
        (Verb.UNIT_CREATED, ("mute", "plus", "Access"), "Added a business unit"),
        (Verb.UNIT_UPDATED, ("mute", "edit", "Access"), "Renamed a business unit"),
        (Verb.USER_CREATED, ("mute", "person", "Access"), "Created the account of {what}"),
        (Verb.USER_DEACTIVATED, ("warn", "lock", "Access"), "Closed the account of {what}"),
        (Verb.USER_UPDATED, ("mute", "edit", "Access"), "Changed the account of {what}"),
        (Verb.USER_SIGNED_IN, ("mute", "lock", "Access"), "Signed in"),
        (Verb.USER_SIGNED_OUT, ("mute", "lock", "Access"), "Signed out"),
        (Verb.VALIDATION_DRAFTED, ("mute", "edit", "Validation"), "Saved a validation draft"),
        (Verb.VALIDATION_SIGNED, SIGNED, "Signed the validation report"),
        (Verb.VERSION_ARCHIVED, ("mute", "stage-archived", "Stage"), "Archived {what}"),
        (Verb.VERSION_CONFIRMED, ("ok", "check", "Stage"), "Confirmed {what} in service"),
        (Verb.VERSION_DEMOTED, ("warn", "down", "Stage"), "Moved {what} back"),
        (Verb.VERSION_DEPRECATED, ("warn", "clock", "Deprecated"), "Deprecated {what}"),
        (Verb.VERSION_DESCRIBED, ("mute", "edit", "Registry"), "Described {what}"),
        (Verb.VERSION_LABELED, ("mute", "edit", "Registry"), "Labeled {what}"),
        (Verb.VERSION_PROMOTED, ("ok", "check", "Stage"), "Promoted {what}"),
        (
            Verb.VERSION_PROMOTED_IN_EMERGENCY,
            ("warn", "alert", "Stage"),
            "Promoted {what} in an emergency",
        ),
        (Verb.VERSION_REGISTERED, ("mute", "plus", "Registered"), "Registered {what}"),
        (Verb.VERSION_REMOVED, ("warn", "minus", "Registry"), "Removed {what}"),
        (Verb.VERSION_ROLLED_BACK, ("warn", "override", "Stage"), "Rolled back to {what}"),
        (Verb.VERSION_TAGGED, ("mute", "edit", "Registry"), "Set a tag of {what}"),
        (
            Verb.VERSION_UNDEPRECATED,
            ("ok", "clock", "Deprecated"),
            "Took back the deprecation of {what}",
        ),
        (Verb.VERSION_UNTAGGED, ("mute", "edit", "Registry"), "Removed a tag of {what}"),
        (Verb.WAIVER_APPROVED, ("warn", "override", "Waiver"), "Approved a waiver"),
        (Verb.WAIVER_ENDED, ("mute", "minus", "Waiver"), "Ended a waiver"),
        (Verb.WAIVER_REFUSED, ("bad", "cross", "Waiver"), "Refused a waiver"),
        (Verb.WAIVER_REQUESTED, ("ink", "comment", "Waiver"), "Asked for a waiver"),
        (Verb.WEBHOOK_CREATED, ("mute", "plus", "Webhook"), "Added a webhook"),
        (Verb.WEBHOOK_DELETED, ("mute", "minus", "Webhook"), "Deleted a webhook"),
        (Verb.WEBHOOK_EDITED, ("mute", "edit", "Webhook"), "Changed a webhook"),
    )
}

THROUGH: dict[str, str] = {
    Source.PAGE: "in the portal",
    Source.API: "through the API",
    Source.MLFLOW: "through MLflow",
    Source.ADMIN: "in the owners’ admin",
    Source.COMMAND: "from the server’s shell",
    Source.JOB: "by a job",
    Source.IMPORT: "by an import",
}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One entry, ready to print. `model` is empty outside the models that the reader may see."""

    at: datetime
    tone: str
    icon: str
    label: str
    text: str
    detail: str
    who: str
    through: str
    model: str
    stream: str
    seq: int
    key: UUID
    request: str
    hash: str
    previous: str


@dataclass(frozen=True, kw_only=True)
class Day:
    date: date
    events: Sequence[Event]


def as_events(entries: Sequence[LedgerEntry], *, reader: Actor, at: datetime) -> list[Event]:
    """Put entries into words for this reader, in six queries however many they are."""
    names = names_in(entries, reader=reader, at=at)
    return [event_of(entry, names) for entry in entries]


def event_of(entry: LedgerEntry, names: Names) -> Event:
    mark = MARKS.get(entry.verb) or unknown_mark(entry.verb)
    stream = entry.stream_name
    return Event(
        at=entry.at,
        tone=mark.tone,
        icon=mark.icon,
        label=mark.label,
        text=mark.text.format(what=names.what(entry.subject)),
        detail=detail_of(entry, names, mark),
        who=names.who(entry.actor),
        through=THROUGH.get(entry.source, ""),
        model=names.models.get(stream, ""),
        stream=stream.partition(":")[0],
        seq=entry.seq,
        key=entry.pk,
        request=entry.request_id,
        hash=entry.hash,
        previous=entry.previous,
    )


def unknown_mark(verb: str) -> Mark:
    """A verb without words of its own reads as it is stored: `unit.created`, "Unit created"."""
    return Mark(tone="mute", icon="info", label="Event", text=sentence(verb.replace(".", " ")))


def detail_of(entry: LedgerEntry, names: Names, mark: Mark) -> str:
    """What tells this act from others of its kind: the rule that refused, or the version."""
    if entry.verb == Verb.CALL_REFUSED:
        rule = str(entry.facts.get("rule", "")).replace("_", " ")
        return f"Rule: {rule}. Nothing was changed."
    if entry.verb == Verb.IMPORT_APPLIED:
        created, changed = entry.facts["created"], entry.facts["changed"]
        return f"{created:,} new, {changed:,} changed. The file: SHA-256 {entry.facts['file']}."
    if entry.subject in names.versions and "{what}" not in mark.text:
        return names.what(entry.subject).capitalize()
    return names.requests.get(entry.subject, "")


def by_day(events: Iterable[Event]) -> list[Day]:
    """Group events, already in order, under their UTC day."""
    return [
        Day(date=date, events=list(group))
        for date, group in groupby(events, key=lambda event: as_date(event.at))
    ]
