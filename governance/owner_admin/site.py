"""The admin as a whole: who may enter, what every page shows, and what is not there."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.views.decorators.cache import never_cache

from governance.accounts.permissions import Permission
from governance.core.themes import THEME_LABELS, theme_after, theme_of
from governance.owner_admin.autocomplete import ChoiceView
from governance.owner_admin.errors import AdminClosed, answer_refusals, refuse
from governance.owner_admin.requests import holds

ENTER = (Permission.MODEL_EDIT, Permission.ACCOUNT_MANAGE, Permission.ROLE_GRANT)
"""What the admin is for; who holds none of these in any unit has nothing to do here."""

# The portal signs in and out and changes passwords, so that each is one act with one entry.
LEFT_OUT = {"login", "logout", "password_change", "password_change_done", "view_on_site"}


class OwnerSite(AdminSite):
    site_title = "Countersign"
    site_header = "Countersign"
    index_title = "Records"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        return holds(request.user, ENTER)

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Guard a view: signed in, with something to do here, refusals answered and recorded.

        Forged requests are refused before, by the middleware.
        """
        answered = answer_refusals(view)

        def entered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            if not self.has_permission(request):
                return refuse(request, AdminClosed("This is for model owners and administrators."))
            return answered(request, *args, **kwargs)

        return update_wrapper(entered if cacheable else never_cache(entered), view)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [url for url in super().get_urls() if getattr(url, "name", None) not in LEFT_OUT]

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        theme = theme_of(request)
        return super().each_context(request) | {
            "organization": settings.ORGANIZATION,
            "theme": theme,
            "theme_label": THEME_LABELS[theme],
            "next_theme": theme_after(theme),
            "may_let_in": holds(request.user, [Permission.TOKEN_ISSUE]),
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Django's list, by the words of the field: people and roles, not users and grants."""
        apps: list[Any] = super().get_app_list(request, app_label)
        for entry in (entry for app in apps for entry in app["models"]):
            entry["name"] = self._registry[entry["model"]].nouns.capitalize()  # type: ignore[attr-defined]
        return apps

    def get_log_entries(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """None: what happened is in the ledger, and only there."""
        return LogEntry.objects.none()

    def autocomplete_view(self, request: HttpRequest) -> Any:
        return ChoiceView.as_view(admin_site=self)(request)
