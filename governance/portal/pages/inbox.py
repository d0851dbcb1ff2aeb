"""Waiting for you: only what is this reader's own next step, and why it is theirs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.core.cache import cache
from django.db.models import Q

from governance.accounts.models import User
from governance.accounts.permissions import Permission
from governance.accounts.queries import roles_of, root_unit, units_with
from governance.accounts.rules import Role
from governance.approvals.models import PolicyVersion, PromotionRequest
from governance.approvals.queries.chairs import reader_bars
from governance.approvals.queries.standing import lapsed_among
from governance.approvals.rules.policies import PolicyState
from governance.core.wording import as_date, counted
from governance.inventory.models import Model
from governance.portal import links
from governance.portal.pages.cases import OpenCase
from governance.registry.models import SlotAssignment
from governance.validation.models import Finding

REMEMBERED_SECONDS = 120


@dataclass(frozen=True, kw_only=True)
class Item:
    """One row of the inbox: verb first, why it is the reader's, since when, due when."""

    tone: str
    icon: str
    label: str
    title: str
    href: str
    why: str
    tier: int | None
    since: datetime
    due: date | None = None
    request: PromotionRequest | None = None

    def is_late(self, today: date) -> bool:
        return self.due is not None and self.due < today


def inbox(
    reader: User, cases: Sequence[OpenCase], *, at: datetime, also: Iterable[Item] = ()
) -> list[Item]:
    """Everything that waits for the reader: late first, then by due date, then the longest wait.

    `also` is what is read elsewhere.
    """
    items = [
        *to_sign(reader, cases),
        *to_look_at(reader, cases, at=at),
        *to_override(cases),
        *to_see_to(reader, cases, at=at),
        *to_validate(reader, cases, at=at),
        *to_repair(reader, cases),
        *lapsed_approvals(reader, at=at),
        *policies_to_sign(reader, at=at),
        *findings_to_close(reader),
        *records_to_complete(reader, at=at),
        *also,
    ]
    return sorted(items, key=lambda item: (item.due or date.max, item.since))


def to_sign(reader: User, cases: Sequence[OpenCase]) -> Iterator[Item]:
    for one in cases:
        if (chair := one.my_chair) is not None:
            role = f"You hold the role {chair.role.label.lower()}."
            if chair.in_name_of:
                role = f"You sign for {chair.in_name_of.name}, {chair.role.label.lower()}."
            yield request_item(
                one,
                tone="ink",
                icon="sign",
                label="Signature",
                verb="Sign or refuse",
                why=f"No check stands against it and {one.signatures_said} have signed. "
                f"{role}{_asked_again(reader, one)}",
            )


def _asked_again(reader: User, one: OpenCase) -> str:
    """Say to whose signature counts no longer why they are asked again."""
    judgement = one.case.judgement if one.case else None
    if judgement is None:
        return ""
    if any(signature.signer == reader.ref for signature in judgement.stale):
        return " You signed before; what you signed has changed since."
    return ""


def to_look_at(reader: User, cases: Sequence[OpenCase], *, at: datetime) -> Iterator[Item]:
    """Manual checks that are for a role of the reader's, and that stand against a request."""
    for one in cases:
        if one.case is None:
            continue
        unmet = {check.id for check in one.case.judgement.unmet_checks}
        manual = [check for check in one.case.policy.manual_checks if check.id in unmet]
        held = roles_of(reader, unit=one.case.version.model.unit, at=at) if manual else set()
        for check in manual:
            if check.role in held:
                yield request_item(
                    one,
                    tone="ink",
                    icon="check",
                    label="Manual check",
                    verb=f"Look at “{check.label}” for",
                    why=f"{check.ask} It is for whoever holds the role {check.role.label.lower()}.",
                    href=links.tick(one.request, check.id),
                )


def to_override(cases: Sequence[OpenCase]) -> Iterator[Item]:
    for one in cases:
        for row in one.overrides:
            if row.may_sign:
                yield request_item(
                    one,
                    tone="warn",
                    icon="override",
                    label="Override",
                    verb=f"Sign or leave the override of “{row.label}” for",
                    why=f"{', '.join(row.signers)} proposed it. {row.state}.",
                    href=links.sign_override(one.request, row.id),
                )


def to_see_to(reader: User, cases: Sequence[OpenCase], *, at: datetime) -> Iterator[Item]:
    """Requests that have waited longer than their policy lets them, for whom that concerns."""
    for one in cases:
        role = one.timing.escalated_to if one.timing else None
        if role is None or one.my_chair is not None:
            continue
        if role in roles_of(reader, unit=one.request.version.model.unit, at=at):
            yield request_item(
                one,
                tone="warn",
                icon="clock",
                label="Escalated",
                verb="See that somebody decides on",
                why=f"It waits for {one.waits_for}. The policy tells the {role.label.lower()}.",
            )


def lapsed_approvals(reader: User, *, at: datetime) -> Iterator[Item]:
    """What serves on an approval that has lapsed, for the owner of the model."""
    mine = SlotAssignment.objects.current().answering().filter(version__model__owner=reader)
    for one in lapsed_among(mine, at=at):
        version, slot = one.request.version, one.request.slot
        yield Item(
            tone="bad",
            icon="clock",
            label="Approval lapsed",
            title=f"Confirm, replace or retire version {version.number} of {version.model.name}",
            href=links.slot(slot),
            why=one.sentence,
            tier=version.model.tier,
            since=one.reasons[0].since,
            due=as_date(one.reasons[0].since),
        )


def to_validate(reader: User, cases: Sequence[OpenCase], *, at: datetime) -> Iterator[Item]:
    """Requests that lack a validation report, for independent validators of their unit."""
    reach = set(units_with(reader, Permission.VALIDATION_WRITE, at=at).values_list("pk", flat=True))
    for one in cases:
        if one.case is None or not one.needs_report or one.case.version.model.unit_id not in reach:
            continue
        if not reader_bars(one.case, reader=reader, role=Role.VALIDATOR):
            yield request_item(
                one,
                tone="ink",
                icon="flag",
                label="Validation",
                verb="Validate",
                why="No report finds it fit yet. You are a validator and had no hand in it.",
                href=links.validation(one.request.version),
            )


def to_repair(reader: User, cases: Sequence[OpenCase]) -> Iterator[Item]:
    """Requests whose checks fail, for who asked, owns or builds."""
    for one in cases:
        model = one.request.version.model
        builders = {one.request.requested_by_id, model.owner_id}
        if one.unmet and reader.pk in builders:
            yield request_item(
                one,
                tone="warn",
                icon="alert",
                label="Checks not met",
                verb="Repair or withdraw",
                why=f"{counted(len(one.unmet), 'check')} not met: {', '.join(one.unmet)}.",
            )


def request_item(
    one: OpenCase, *, tone: str, icon: str, label: str, verb: str, why: str, href: str = ""
) -> Item:
    return Item(
        tone=tone,
        icon=icon,
        label=label,
        title=f"{verb} {one.title}",
        href=href or one.href,
        why=why,
        tier=one.request.version.model.tier,
        since=one.request.opened_at,
        due=one.decide_by,
        request=one.request,
    )


def policies_to_sign(reader: User, *, at: datetime) -> Iterator[Item]:
    """Proposed policies that the reader did not propose and has not signed."""
    if not units_with(reader, Permission.POLICY_SIGN, at=at).filter(pk=root_unit().pk).exists():
        return
    proposed = (
        PolicyVersion.objects.filter(state=PolicyState.PROPOSED)
        .exclude(proposed_by=reader.ref)
        .exclude(sign_offs__signer=reader)
    )
    for row in proposed:
        yield Item(
            tone="ink",
            icon="sliders",
            label="Policy",
            title=f"Sign or reject the policy “{row.title}”, version {row.number}",
            href=links.policy(row),
            why="Two people sign a policy before it takes effect, and you did not propose it.",
            tier=None,
            since=row.proposed_at,
        )


def findings_to_close(reader: User) -> Iterator[Item]:
    rows = Finding.objects.open().filter(owner=reader).select_related("model", "version__model")
    for row in rows:
        yield Item(
            tone={"HIGH": "bad", "MEDIUM": "warn"}.get(row.severity, "mute"),
            icon="flag",
            label="Finding",
            title=f"Deal with “{row.title}” in {row.model.name}",
            href=links.validation(row.version),
            why=f"{row.label}, {row.get_severity_display().lower()}. It was given to you.",
            tier=row.model.tier,
            since=row.opened_at,
            due=row.due_date,
        )


def records_to_complete(reader: User, *, at: datetime) -> Iterator[Item]:
    """Inventory records with gaps: of models that the reader owns, or that nobody owns yet."""
    units = units_with(reader, Permission.MODEL_EDIT, at=at)
    mine = Model.objects.filter(Q(owner=reader) | Q(owner=None, unit__in=units)).with_people()
    for model in mine.order_by("name"):
        if model.gaps:
            yield Item(
                tone="mute",
                icon="edit",
                label="Inventory",
                title=f"Complete the inventory record of {model.name}",
                href=links.model(model),
                why=f"It lacks {', '.join(model.gaps)}. No version moves until it is complete.",
                tier=model.tier,
                since=model.created_at,
            )


def summary(items: Sequence[Item], *, at: datetime) -> str:
    """One sentence over the inbox: how much waits, and what is late or due soon."""
    if not items:
        return "Nothing waits for you."
    late = sum(1 for item in items if item.is_late(as_date(at)))
    waits = "waits" if len(items) == 1 else "wait"
    first = f"{counted(len(items), 'item')} {waits} for you."
    return f"{first} {counted(late, 'is', 'are')} overdue." if late else first


def remember(reader: User, count: int) -> None:
    """Keep the count for the sidebar of other pages: judging every request is too slow for each."""
    cache.set(_key(reader), count, REMEMBERED_SECONDS)


def remembered(reader: User) -> int:
    """The count as Home last said it, or 0 if that is too old or the reader acted since."""
    return int(cache.get(_key(reader), 0))


def forget(reader: User) -> None:
    """After an act of the reader the count may be wrong; better none than a wrong one."""
    cache.delete(_key(reader))


def _key(reader: User) -> str:
    return f"waiting:{reader.pk}"
