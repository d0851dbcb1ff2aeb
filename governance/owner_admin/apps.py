from django.apps import AppConfig


class OwnerAdminConfig(AppConfig):
    name = "governance.owner_admin"
    label = "owner_admin"
