"""The addresses under /admin/."""

from __future__ import annotations

from governance.owner_admin import inventory, people
from governance.owner_admin.site import OwnerSite

site = OwnerSite()
inventory.register(site)
people.register(site)

app_name = "admin"
urlpatterns = site.get_urls()
