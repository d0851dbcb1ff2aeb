"""Choosing a person by a few letters of the name or the address."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from governance.accounts.models import RoleGrant, User
from governance.accounts.permissions import Permission
from governance.accounts.rules import Role
from governance.owner_admin.requests import holds

OFFERED: dict[tuple[str, str, str], tuple[Permission, Role | None]] = {
    ("inventory", "model", "owner"): (Permission.MODEL_EDIT, Role.MODEL_OWNER),
    ("inventory", "model", "developers"): (Permission.MODEL_EDIT, None),
    ("inventory", "model", "validator"): (Permission.MODEL_EDIT, Role.VALIDATOR),
    ("accounts", "rolegrant", "user"): (Permission.ROLE_GRANT, None),
}
"""Which fields offer people: who may ask, and which role those people hold."""


class PeopleView(AutocompleteJsonView):
    def process_request(self, request: HttpRequest) -> Any:
        asked = (request.GET.get(key, "") for key in ("app_label", "model_name", "field_name"))
        offer = OFFERED.get(tuple(asked))  # type: ignore[arg-type]  # three of them
        if offer is None:
            raise PermissionDenied
        self.permission, self.role = offer
        return super().process_request(request)

    def has_perm(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request.user, [self.permission])

    def get_queryset(self) -> QuerySet[User]:
        people = User.objects.filter(is_active=True).order_by("name", "email")
        if self.role is not None:
            grants = RoleGrant.objects.at(timezone.now()).filter(role=self.role)
            people = people.filter(pk__in=grants.values("user"))
        found, _ = self.model_admin.get_search_results(self.request, people, self.term)
        return found

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {"id": str(obj.pk), "text": f"{obj.name} · {obj.email}"}
