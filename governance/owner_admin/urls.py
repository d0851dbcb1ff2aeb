"""The addresses under /admin/."""

from __future__ import annotations

from governance.owner_admin import custom_fields, inventory, people
from governance.owner_admin.site import OwnerSite

site = OwnerSite()
inventory.register(site)
people.register(site)
custom_fields.register(site)

app_name = "admin"
urlpatterns = site.get_urls()
