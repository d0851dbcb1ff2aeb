"""Reads of the views that people keep."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from governance.accounts.models import Unit, User
from governance.accounts.queries import unit_reach
from governance.inventory.models import SavedView
from governance.inventory.rules.views import Listing, ViewNotFound


def views_for(person: User, *, at: datetime, listing: Listing | None = None) -> list[SavedView]:
    """Return the person's own views by name, then those shared with a unit that they are of.

    With `listing`, those of that list only.
    """
    paths = [grant.unit.path for grant in person.grants.at(at)]
    above = {path.rsplit("/", depth)[0] for path in paths for depth in range(path.count("/") + 1)}
    rows = SavedView.objects.filter(Q(owner=person) | Q(unit__path__in=above))
    if listing is not None:
        rows = rows.filter(listing=listing)
    by_name = rows.select_related("owner", "unit").order_by("name", "pk")
    return sorted(by_name, key=lambda view: view.owner_id != person.pk)


def own_view(view_id: UUID, *, person: User) -> SavedView:
    """Return the view, or raise ViewNotFound: only whoever keeps it changes it."""
    view = SavedView.objects.filter(pk=view_id, owner=person).select_related("unit").first()
    if view is None:
        raise ViewNotFound("You keep no such view.")
    return view


def units_of(person: User, *, at: datetime) -> QuerySet[Unit]:
    """Return the units in which the person holds a role: with any of them they may share."""
    paths = [grant.unit.path for grant in person.grants.at(at)]
    return Unit.objects.filter(unit_reach(paths)).order_by("path")
