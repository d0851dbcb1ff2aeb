"""Lending one's seat among those who sign, and taking it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from governance.accounts.actions import end_delegation, give_delegation
from governance.accounts.models import Delegation
from governance.accounts.queries import delegation_by_id
from governance.accounts.rules import Role, UnfitDeputy
from governance.core.wording import day
from governance.portal.errors import attempt, status_of_form
from governance.portal.forms.delegations import DelegationForm
from governance.portal.pages.delegations import (
    DelegationsPage,
    delegations_page,
    seat_choices,
)
from governance.portal.requests import PageRequest, instant_of


def delegations(request: PageRequest) -> HttpResponse:
    """What is lent, and a form to lend."""
    at = timezone.now()
    page = delegations_page(request.user, at=at, instant=instant_of(request, at=at))
    form = DelegationForm(
        request.POST if request.method == "POST" else None,
        initial={"starts": at.date()},
        seats=seat_choices(page.seats),
        people=page.people,
    )
    given = _lend(request, page, form, at=at) if form.is_bound and form.is_valid() else None
    if given is None:
        context = {"page": page, "form": form}
        return render(request, "delegations/list.html", context, status=status_of_form(form))
    messages.success(
        request, f"{given.deputy.name} signs for you until the end of {day(given.ends_at)}."
    )
    return HttpResponseRedirect(reverse("delegations"))


def _lend(
    request: PageRequest, page: DelegationsPage, form: DelegationForm, *, at: datetime
) -> Delegation | None:
    said = form.cleaned_data
    seat = next(grant for grant in page.seats if str(grant.pk) == said["seat"])
    deputy = next(person for person in page.people if str(person.pk) == said["deputy"])
    starts: date = said["starts"]
    return attempt(
        request,
        form,
        give_delegation,
        keep={UnfitDeputy: "deputy"},
        deputy=deputy,
        role=Role(seat.role),
        unit=seat.unit,
        starts_at=max(datetime.combine(starts, time.min, tzinfo=UTC), at),
        ends_at=datetime.combine(said["ends"], time.max, tzinfo=UTC),
        reason=said["reason"],
        actor=request.user,
        at=at,
    )


def end_lent(request: PageRequest, delegation_id: UUID) -> HttpResponse:
    """End a delegation now."""
    at = timezone.now()
    row = delegation_by_id(delegation_id, person=request.user)
    end_delegation(delegation_id=row.pk, actor=request.user, at=at)
    messages.success(request, "It is ended. Nobody signs in that name any more.")
    return HttpResponseRedirect(reverse("delegations"))
