"""Views of lists that people keep for themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from governance.accounts.models import Unit, User
from governance.core.models import Record
from governance.inventory.rules.views import MAX_QUERY, MAX_VIEW_NAME, Listing


class SavedView(Record):
    """A person's own way to look at a list: facets and order, as an address says them.

    A preference, and no record: it decides nothing, no rule reads it, whoever opens it sees with
    their own eyes, and its owner may change or delete it without a trace. So the ledger does not
    know it. With a `unit` it is offered to everybody who holds a role there or beneath.
    """

    REF = "saved_view"

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="saved_views")
    listing = models.CharField(max_length=10, choices=Listing, default=Listing.INVENTORY)
    name = models.CharField(max_length=MAX_VIEW_NAME)
    query = models.CharField(max_length=MAX_QUERY)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", null=True)
    saved_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "listing", "name"], name="view_name_once_per_person_and_list"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="view_has_name"),
            models.CheckConstraint(
                condition=Q(listing__in=Listing.values), name="view_of_a_known_list"
            ),
        ]

    def __str__(self) -> str:
        return self.name
