"""Every address of the portal. Each area lists its own pages; add a new area's list here."""

from __future__ import annotations

from django.urls import path

from governance.portal.routing import page
from governance.portal.views.account import ChangePassword, SignIn, SignOut
from governance.portal.views.audit import audit_log
from governance.portal.views.inventory import inventory, model, version
from governance.portal.views.theme import choose_theme

account_urls = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-out/", SignOut.as_view(), name="account_logout"),
    path("password/", ChangePassword.as_view(), name="account_change_password"),
    path("theme/", choose_theme, name="theme"),
]

inventory_urls = [
    page("models/", inventory, name="inventory"),
    page("models/<str:name>/", model, name="model"),
    page("models/<str:name>/versions/<int:number>/", version, name="version"),
]

audit_urls = [
    page("audit/", audit_log, name="audit"),
]

urlpatterns = [
    *account_urls,
    *inventory_urls,
    *audit_urls,
]
