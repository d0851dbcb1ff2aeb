"""Choosing a person, or a model, by a few letters of the name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.models import RoleGrant, User
from governance.accounts.permissions import Permission
from governance.accounts.rules import Role
from governance.inventory.models import Model
from governance.owner_admin.requests import holds, person_of


@dataclass(frozen=True, kw_only=True)
class Offer:
    """Who may ask, and which role those people hold who are offered; or that models are."""

    permission: Permission
    role: Role | None = None
    of_models: bool = False


OFFERED: dict[tuple[str, ...], Offer] = {
    ("inventory", "model", "owner"): Offer(permission=Permission.MODEL_EDIT, role=Role.MODEL_OWNER),
    ("inventory", "model", "developers"): Offer(permission=Permission.MODEL_EDIT),
    ("inventory", "model", "validator"): Offer(
        permission=Permission.MODEL_EDIT, role=Role.VALIDATOR
    ),
    ("inventory", "dependency", "feeder"): Offer(permission=Permission.MODEL_EDIT, of_models=True),
    ("accounts", "rolegrant", "user"): Offer(permission=Permission.ROLE_GRANT),
}
"""What is offered, by app, model and field."""


class ChoiceView(AutocompleteJsonView):
    def process_request(self, request: HttpRequest) -> Any:
        keys = ("app_label", "model_name", "field_name")
        offer = OFFERED.get(tuple(request.GET.get(key, "") for key in keys))
        if offer is None:
            raise PermissionDenied
        self.offer = offer
        return super().process_request(request)

    def has_perm(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return holds(request.user, [self.offer.permission])

    def get_queryset(self) -> QuerySet[Any]:
        rows = self._models() if self.offer.of_models else self._people()
        found, _ = self.model_admin.get_search_results(self.request, rows, self.term)
        return found

    def _people(self) -> QuerySet[User]:
        people = User.objects.filter(is_active=True).order_by("name", "email")
        if self.offer.role is None:
            return people
        grants = RoleGrant.objects.at(timezone.now()).filter(role=self.offer.role)
        return people.filter(pk__in=grants.values("user"))

    def _models(self) -> QuerySet[Model]:
        """Those in use that the reader may see."""
        seen = Model.objects.visible_to(person_of(self.request), at=timezone.now())
        return seen.in_use().select_related("unit").order_by("name")

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        beside = obj.unit.name if self.offer.of_models else obj.email
        return {"id": str(obj.pk), "text": f"{obj.name} · {beside}"}
