"""Keeping a view of a list. No entries: a preference is no record (models.SavedView)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from governance.accounts.models import Unit, User
from governance.core.errors import InvalidInput
from governance.core.models import insert_unique
from governance.inventory.models import SavedView
from governance.inventory.queries.views import own_view, units_of
from governance.inventory.rules.views import (
    MOST_VIEWS,
    Listing,
    not_in_unit,
    too_many_views,
    view_problems,
    view_taken,
)


@transaction.atomic
def save_view(
    *,
    name: str,
    query: str,
    unit: Unit | None,
    actor: User,
    at: datetime,
    listing: Listing = Listing.INVENTORY,
) -> SavedView:
    """Keep a view under a name of the actor's own, shared with a unit if one is given.

    Raises InvalidInput (rules `unique`, `count`, and `role` for a unit that they are not of).
    """
    name = name.strip()
    _check(name, query, unit, actor=actor, at=at)
    if SavedView.objects.filter(owner=actor, listing=listing).count() >= MOST_VIEWS:
        raise too_many_views()
    view = SavedView(owner=actor, listing=listing, name=name, query=query, unit=unit, saved_at=at)
    insert_unique(view, taken=view_taken(name))
    return view


@transaction.atomic
def edit_view(
    *, view_id: UUID, name: str, unit: Unit | None, actor: User, at: datetime
) -> SavedView:
    """Rename the view, and share it with the unit or with nobody. Raises what `save_view` does."""
    view, name = own_view(view_id, person=actor), name.strip()
    _check(name, view.query, unit, actor=actor, at=at)
    view.name, view.unit = name, unit
    try:
        with transaction.atomic():
            view.save(update_fields=["name", "unit"])
    except IntegrityError as error:
        raise view_taken(name) from error
    return view


@transaction.atomic
def delete_view(*, view_id: UUID, actor: User, at: datetime) -> None:
    """Delete the view for good, also for those it was shared with. Raises ViewNotFound."""
    own_view(view_id, person=actor).delete()


def _check(name: str, query: str, unit: Unit | None, *, actor: User, at: datetime) -> None:
    if problems := list(view_problems(name, query)):
        raise InvalidInput(*problems)
    if unit is not None and not units_of(actor, at=at).filter(pk=unit.pk).exists():
        raise not_in_unit(unit.name)
