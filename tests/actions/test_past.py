"""The past as the rows tell it, held against what the present said while it was the present.

The demo's whole story is lived through, act by act; after each, what pages and rules read of the
model that it was about is put down, and after acts of the firm what stands beside the models. At
the end the same is asked of each of those moments.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from governance.accounts.models import User
from governance.approvals.actions import ask_to_remove_model, withdraw
from governance.approvals.models import PromotionRequest
from governance.approvals.queries.cases import sign_offs_of
from governance.approvals.queries.past import requests_at
from governance.audit import wake
from governance.audit.models import LedgerEntry
from governance.audit.rules import Verb
from governance.cards.actions import withdraw_card
from governance.cards.models import CardRevision
from governance.cards.queries import published_card
from governance.cards.queries.past import cards_at
from governance.core.grouping import by_key
from governance.demo.seeding import seed
from governance.evidence.queries.past import past_standings
from governance.inventory.actions import edit_model, return_from_retirement
from governance.inventory.models import Model
from governance.portal.pages.standing import standings
from governance.registry.actions import end_deprecation, label_version
from governance.registry.actions.names import rename_model
from governance.registry.models import Deprecation, ModelVersion, SlotAssignment
from governance.registry.queries import deprecation_of, latest_artifact_check
from governance.registry.queries.past import (
    artifact_checks_at,
    deprecations_at,
    labels_at,
    roles_at,
    stages_at,
)
from governance.validation.actions import close_finding
from governance.validation.models import Finding
from governance.validation.queries import findings_of, latest_report, reports_at
from tests import past_facts
from tests.factories import edited_record
from tests.past_acts import what_people_end

Facts = dict[str, Any]


def roles_in(rows: Iterable[SlotAssignment]) -> list[Any]:
    return sorted((row.slot.name, row.role, row.version.number, row.share or 0) for row in rows)


def signed_in(rows: Iterable[Any]) -> list[Any]:
    return [(str(row.signer_id), row.role, row.decision, row.dossier_digest) for row in rows]


def numbers_of(rows: Iterable[Finding]) -> list[str]:
    return sorted(row.label for row in rows)


def the_present(key: UUID, *, at: datetime) -> Facts:
    """What the pages and rules of the present read."""
    model = Model.objects.with_people().get(pk=key)
    standing = standings([model])[0]
    requests = PromotionRequest.objects.filter(model=model).with_version().order_by("number")
    return {
        "name": model.name,
        "stage": str(standing.stage),
        "live": roles_in(standing.live),
        "newest": standing.newest.number if standing.newest else None,
        "tier": model.tier_at(at),
        "class": model.ai_act_class,
        "owner": model.owner.ref if model.owner else "",
        "purpose": model.purpose,
        "kind": model.kind,
        "retired": model.retired_at is not None,
        "removed": model.removed_at is not None,
        "findings": numbers_of(standing.findings),
        "requests": {
            row.number: {"standing": str(row.standing), "signed": signed_in(sign_offs_of(row))}
            for row in requests
        },
        "versions": {row.number: version_now(row) for row in model.versions.order_by("number")},
        **past_facts.model_facts(model, at=at, by=None),
    }


def version_now(version: ModelVersion) -> Facts:
    card, report = published_card(version), latest_report(version)
    deprecation, check = deprecation_of(version), latest_artifact_check(version)
    return {
        "stage": version.stage,
        "label": version.label,
        "roles": roles_in(version.assignments.current().select_related("slot", "version")),
        "card": card.number if card else None,
        "report": (report.number, report.opinion) if report else None,
        "findings": numbers_of(one for one in findings_of(version) if one.closed_at is None),
        "deprecated": deprecation.from_date if deprecation else None,
        "check": check.outcome if check else None,
    }


def the_past(key: UUID, *, moment: datetime) -> Facts:
    """What the rows of then say."""
    model = Model.objects.with_people().get(pk=key)
    standing = past_standings([model], moment)[0]
    requests = PromotionRequest.objects.filter(model=model).with_version().order_by("number")
    values = standing.revision.values if standing.revision else None
    return {
        "name": standing.name,
        "stage": str(standing.stage),
        "live": roles_in(standing.live),
        "newest": standing.newest.number if standing.newest else None,
        "tier": standing.tier,
        "class": standing.ai_act_class,
        "owner": standing.owner.ref if standing.owner else "",
        "purpose": standing.purpose,
        "kind": (values or {}).get("kind", ""),
        "retired": standing.retirement is not None,
        "removed": standing.was_removed,
        "findings": numbers_of(standing.findings),
        "requests": {
            one.request.number: {
                "standing": str(one.standing),
                "signed": signed_in(one.sign_offs),
            }
            for one in requests_at(requests, moment)
        },
        "versions": versions_past(model, moment),
        **past_facts.model_facts(model, at=moment, by=moment),
    }


def versions_past(model: Model, moment: datetime) -> Facts:
    """The same as `version_then` reads of one, of all versions at once."""
    found = list(model.versions.filter(registered_at__lte=moment).order_by("number"))
    stages, labels = stages_at(found, moment), labels_at(found, moment)
    cards, reports = cards_at(found, moment), reports_at(found, moment)
    deprecations, checks = deprecations_at(found, moment), artifact_checks_at(found, moment)
    roles = by_key(roles_at([model], moment), lambda row: row.version_id)
    findings = by_key(
        Finding.objects.filter(model=model).open_at(moment), lambda row: row.version_id
    )
    return {
        row.number: {
            "stage": stages[row.pk],
            "label": labels[row.pk],
            "roles": roles_in(roles[row.pk]),
            "card": cards[row.pk].number if row.pk in cards else None,
            "report": (reports[row.pk].number, reports[row.pk].opinion)
            if row.pk in reports
            else None,
            "findings": numbers_of(findings[row.pk]),
            "deprecated": deprecations[row.pk].from_date if row.pk in deprecations else None,
            "check": checks[row.pk].outcome if row.pk in checks else None,
        }
        for row in found
    }


def facts_now(key: UUID | None, *, at: datetime) -> Facts:
    return the_present(key, at=at) if key else past_facts.firm_facts(at=at, by=None)


def facts_then(key: UUID | None, *, moment: datetime) -> Facts:
    if key is None:
        return past_facts.firm_facts(at=moment, by=moment)
    return the_past(key, moment=moment)


def flat(facts: Any, path: str = "") -> dict[str, Any]:
    """Each fact by its path, such as `versions.2.card`."""
    if not isinstance(facts, dict):
        return {path: facts}
    inner = (flat(value, f"{path}.{key}" if path else str(key)) for key, value in facts.items())
    return {key: value for part in inner for key, value in part.items()}


@dataclass
class Diary:
    """When which fact of a model became what, in the order in which the acts were done.

    The demo leaps in time: it lives through one version after the other. A fact whose changes were
    done in the order of their dates has one history all the same; others are left out. So is a fact
    that rests on what stands in other streams, where something was done there later and dated
    earlier, or the other way round: then what was put down was of another order of things.
    """

    seen: set[UUID] = field(default_factory=set)
    last: dict[UUID | None, dict[str, Any]] = field(default_factory=dict)
    moments: dict[UUID | None, dict[datetime, int]] = field(default_factory=dict)
    of_signers: list[tuple[int, datetime]] = field(default_factory=list)
    feeders: list[tuple[int, datetime]] = field(default_factory=list)
    changes: dict[tuple[UUID | None, str], list[tuple[datetime, Any]]] = field(default_factory=dict)

    def write(self) -> None:
        """Called after each commit; entries that were written with it are those not seen yet."""
        for entry in LedgerEntry.objects.exclude(pk__in=self.seen).oldest_first():
            self.seen.add(entry.pk)
            kind, _, key = entry.stream_name.partition(":")
            if entry.verb.startswith(("delegation.", "policy.", "role.", "user.")):
                self.of_signers.append((len(self.seen), entry.at))
            if entry.verb.startswith("dependency."):
                self.feeders.append((len(self.seen), entry.at))
            if kind == "model":
                self._note(UUID(key), entry.at)
            if kind in {"firm", "accounts"} or entry.verb == Verb.ATTESTATION_GIVEN:
                self._note(FIRM, entry.at)

    def _note(self, key: UUID | None, at: datetime) -> None:
        before, now = self.last.get(key, {}), flat(facts_now(key, at=at))
        for path in before.keys() | now.keys():
            if before.get(path, ABSENT) != now.get(path, ABSENT):
                self.changes.setdefault((key, path), []).append((at, now.get(path, ABSENT)))
        self.last[key] = now
        self.moments.setdefault(key, {})[at] = len(self.seen)

    def expected(self, key: UUID | None, path: str, moment: datetime) -> Any:
        """What the fact was then; UNKNOWN where its changes were not done in their order."""
        changes = self.changes[key, path]
        if self._rests_elsewhere(path.partition(".")[0], self.moments[key][moment], moment):
            return UNKNOWN
        if changes != sorted(changes, key=lambda change: change[0]):
            return UNKNOWN
        return next((value for at, value in reversed(changes) if at <= moment), ABSENT)

    def _rests_elsewhere(self, fact: str, written: int, moment: datetime) -> bool:
        if fact == "fed":
            return any((order > written) != (at > moment) for order, at in self.feeders)
        # Roles and seats say themselves from when on they hold, so those to come do no harm.
        late = any(order > written and at <= moment for order, at in self.of_signers)
        return late and fact in {"signers", "ahead"}

    def paths(self, key: UUID | None) -> list[str]:
        return [path for model, path in self.changes if model == key]


def what_the_demo_leaves_out(now: datetime) -> None:
    """What makes something of before untrue: taken back, ended, renamed, removed."""
    ticks = (now + timedelta(minutes=minute) for minute in count(1))
    card = CardRevision.objects.standing().order_by("published_at").last()
    finding = Finding.objects.open().order_by("number").first()
    deprecation = Deprecation.objects.get(ended_at=None)
    retired, draft = Model.objects.retired().get(), Model.objects.get(name="agent-mood-monitor")
    request = PromotionRequest.objects.open().order_by("opened_at").first()
    labeled = ModelVersion.objects.exclude(label="").filter(stage="DRAFT").first()
    assert card
    assert finding
    assert request
    withdraw_card(revision=card, reason="Wrong.", actor=owner_of(card.version), at=next(ticks))
    close_finding(
        finding=finding, reason="Done.", at=next(ticks),
        actor=User.objects.get(name="Amara Okafor"),
    )  # fmt: skip
    end_deprecation(
        version=deprecation.version, actor=owner_of(deprecation.version), at=next(ticks)
    )
    heir = User.objects.get(name="Priya Raman")
    assert retired.owner not in {None, heir}
    return_from_retirement(model=retired, reason="Needed.", actor=retired.owner, at=next(ticks))
    record = edited_record(retired, purpose="Plans cash.", owner=heir, kind="RANKING")
    edit_model(model=retired, record=record, actor=retired.owner, at=next(ticks))
    retired.refresh_from_db()
    assert retired.owner == heir
    rename_model(model=retired, name="cash-again", actor=retired.owner, at=next(ticks))
    withdraw(request_id=request.pk, reason="Not now.", actor=request.requested_by, at=next(ticks))
    if labeled:
        label_version(version=labeled, label="", actor=labeled.registered_by, at=next(ticks))
    ask_to_remove_model(model=draft, actor=User.objects.get(name="Priya Raman"), at=next(ticks))


def owner_of(version: ModelVersion) -> User:
    assert version.model.owner
    return version.model.owner


ABSENT, UNKNOWN = object(), object()
FIRM = None
"""In the place of a model: what belongs to the whole firm."""


@dataclass(frozen=True)
class Compared:
    """One fact of one moment: what the present had said then, and what the past says now."""

    of: str
    path: str
    moment: datetime
    said: Any
    found: Any

    @property
    def is_wrong(self) -> bool:
        return self.said is not UNKNOWN and self.said != self.found


def compared(diary: Diary) -> Iterator[Compared]:
    for key, moment in [(key, moment) for key, found in diary.moments.items() for moment in found]:
        past = flat(facts_then(key, moment=moment))
        paths, name = set(diary.paths(key)), past.get("name", "the firm")
        for path in paths | past.keys():
            said = diary.expected(key, path, moment) if path in paths else ABSENT
            yield Compared(name, path, moment, said, past.get(path, ABSENT))


@pytest.mark.timeout(600)
@pytest.mark.backend
@pytest.mark.django_db(transaction=True)
def test_every_moment_of_the_demo_reads_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    diary = Diary()
    monkeypatch.setattr(wake, "wake", diary.write)
    # Act by act: the command makes all of it in one transaction.
    now = timezone.now()
    seed.__wrapped__(now=now)  # type: ignore[attr-defined]
    what_people_end(now)
    what_the_demo_leaves_out(now + timedelta(hours=3))

    found = list(compared(diary))
    assert [one for one in found if one.is_wrong] == []
    assert len({(one.of, one.moment) for one in found}) > 250
    left_out = sum(one.said is UNKNOWN for one in found)
    assert len(found) > 30_000
    assert left_out < len(found) / 12
