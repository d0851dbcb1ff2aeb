"""What is live, slot by slot, and one slot with its past."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import QueryDict

from governance.accounts.models import User
from governance.accounts.permissions import Permission, may
from governance.accounts.queries import labels_of, roles_of
from governance.accounts.rules import Role
from governance.approvals.queries.standing import Standing, lapsed_among, standing_of
from governance.core.instants import Instant, instant_asked
from governance.core.wording import as_date, capitalized, counted, day
from governance.inventory.models import Model
from governance.inventory.queries.revisions import names_at
from governance.portal.forms.slots import LiveFilter
from governance.portal.pages.may import why_not
from governance.registry.models import ModelVersion, Slot, SlotAssignment
from governance.registry.queries import champion_of
from governance.registry.queries.past import alias_at
from governance.registry.queries.serving import Place, places, places_of
from governance.registry.rules import SlotRole, Stage
from governance.registry.rules.deployments import Hearing

PAGE_SIZE = 50
PAST_SHOWN = 20
PAST = "What served then is not changed now."


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a report, or the want of one, looks and reads."""

    tone: str
    icon: str
    text: str


HEARD: dict[Hearing | None, tuple[str, str, str]] = {
    None: ("mute", "ring", "No report"),
    Hearing.AGREES: ("ok", "check", "Runs what was approved"),
    Hearing.SUPERSEDED: ("warn", "clock", "Runs an earlier version"),
    Hearing.SILENT: ("warn", "minus", "Silent"),
    Hearing.UNAPPROVED: ("bad", "cross", "Runs what nobody approved"),
}


def said_of(hearing: Hearing | None, since: datetime | None = None) -> Said:
    tone, icon, text = HEARD[hearing]
    if hearing == Hearing.SILENT and since is not None:
        text = f"{text} since {day(since)}"
    return Said(tone=tone, icon=icon, text=text)


@dataclass(frozen=True, kw_only=True)
class LivePage:
    form: LiveFilter
    page: Page[Place]
    instant: Instant | None
    names: Mapping[str, str]
    summary: str
    lapsed: Mapping[tuple[UUID, UUID], Standing]


def live_page(
    asked: QueryDict, *, reader: User, at: datetime, instant: Instant | None = None
) -> LivePage:
    """Read what served at the moment asked for, or serves now. A fixed count of queries.

    The form asks for the end of a day; an address can name a moment.
    """
    seen = Model.objects.visible_to(reader, at=at)
    slots = Slot.objects.filter(model__in=seen)
    form = LiveFilter(asked)
    form.offer(
        models=sorted(set(slots.values_list("model__name", flat=True))),
        slots=sorted(set(slots.values_list("name", flat=True))),
        today=as_date(at),
    )
    nothing: dict[str, Any] = {"model": "", "slot": "", "on": None}
    facets = form.cleaned_data if form.is_valid() else nothing
    on: date | None = facets["on"]
    model = seen.get(name=facets["model"]) if facets["model"] else None
    if instant is None and on is not None:
        instant = instant_asked(on.isoformat(), at=at)
    moment = instant.moment if instant else None
    found = places(reader, at=at, on=moment, model=model, slot=facets["slot"])
    page = Paginator(found, PAGE_SIZE).get_page(asked.get("page"))
    return LivePage(
        form=form,
        page=page,
        instant=instant,
        names=labels_of(role.assigned_by for place in page.object_list for role in place.roles),
        summary=summary(found, instant=instant),
        lapsed=_lapsed_now(list(page.object_list), at=at) if instant is None else {},
    )


def _lapsed_now(found: Sequence[Place], *, at: datetime) -> dict[tuple[UUID, UUID], Standing]:
    """By version and slot, what serves on an approval that has lapsed."""
    roles = (role for place in found for role in place.roles)
    return {
        (one.request.version_id, one.request.slot_id): one for one in lapsed_among(roles, at=at)
    }


def summary(found: Sequence[Place], *, instant: Instant | None) -> str:
    """Say first how much serves, and then whether something serves that nobody approved."""
    live = sum(place.is_live for place in found)
    slots = "Nothing" if not live else f"{counted(live, 'slot')}"
    answer = "answers" if live <= 1 else "answer"
    first = (
        f"{capitalized(instant.on)}: {slots.lower()} with live traffic."
        if instant
        else f"{slots} {answer} live traffic."
    )
    wrong = sum(place.hearing == Hearing.UNAPPROVED for place in found)
    return f"{first} What nobody approved runs in {counted(wrong, 'slot')}." if wrong else first


@dataclass(frozen=True, kw_only=True)
class SlotPage:
    """One slot: who has which role, what instances report, what was, and what the reader may do.

    `model_name` and `alias` are those of the moment of the page.
    """

    instant: Instant | None
    model_name: str
    alias: str
    slot: Slot
    place: Place
    past: Sequence[SlotAssignment]
    names: Mapping[str, str]
    versions: Sequence[ModelVersion]
    why_not: str
    can_roll_back: bool
    lapsed: Sequence[Standing]
    may_confirm: bool

    @property
    def may_keep(self) -> bool:
        return not self.why_not

    @property
    def verdict(self) -> str:
        """One sentence that answers what serves here."""
        words = {
            SlotRole.CHAMPION: "Version {n} is champion",
            SlotRole.CANARY: "version {n} gets {share} percent",
            SlotRole.CHALLENGER: "version {n} challenges",
            SlotRole.SHADOW: "version {n} runs in the shadow",
        }
        said = [
            words[SlotRole(role.role)].format(n=role.version.number, share=role.share)
            for role in self.place.roles
        ]
        if not said:
            return "Nothing serves here."
        text = ", ".join(said)
        return f"{text[0].upper()}{text[1:]}."


def slot_page(
    slot: Slot, *, reader: User, at: datetime, instant: Instant | None = None
) -> SlotPage:
    """Read the page, now or as it stood at a past moment, at which nobody does anything."""
    moment, is_now = instant.moment if instant else at, instant is None
    place = places_of(slot.model, [slot], at=moment)[0]
    past = list(
        slot.assignments.filter(ended_at__lte=moment)
        .select_related("version__model")
        .order_by("-ended_at", "-assigned_at")[:PAST_SHOWN]
    )
    unit = slot.model.unit
    return SlotPage(
        instant=instant,
        model_name=names_at([slot.model], moment)[slot.model_id] if instant else slot.model.name,
        alias=alias_at(slot, moment) if instant else slot.alias,
        slot=slot,
        place=place,
        past=past,
        names=labels_of(row.assigned_by for row in [*place.roles, *past]),
        versions=assignable(slot.model),
        why_not=why_not(reader, Permission.SLOT_MANAGE, "Keeping slots", unit=unit, at=at)
        if is_now
        else PAST,
        can_roll_back=is_now
        and place.is_live
        and Role.APPROVER in roles_of(reader, unit=unit, at=at),
        lapsed=lapsed_among(place.roles, at=at) if is_now else (),
        may_confirm=is_now and may_confirm(slot, reader=reader, at=at),
    )


def may_confirm(slot: Slot, *, reader: User, at: datetime) -> bool:
    """Tell whether the button is shown: what went live in an emergency, or has lapsed."""
    champion = champion_of(slot)
    standing = standing_of(champion, slot, at=at) if champion else None
    if standing is None:
        return False
    asked = may(reader, Permission.PROMOTION_REQUEST, unit=slot.model.unit, at=at)
    return asked and (standing.has_lapsed or standing.approval.is_emergency)


def assignable(model: Model) -> list[ModelVersion]:
    """Return the versions that may get a role, newest first."""
    return list(
        ModelVersion.objects.present()
        .filter(model=model)
        .exclude(stage=Stage.ARCHIVED)
        .order_by("-number")
    )
