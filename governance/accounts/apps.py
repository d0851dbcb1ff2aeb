from django.apps import AppConfig

from governance.accounts.refusals import forbid_examiners_to_take_part
from governance.audit.registration import register


class AccountsConfig(AppConfig):
    name = "governance.accounts"
    label = "accounts"

    def ready(self) -> None:
        register(self.get_model("Unit"))
        # Password and last sign-in are secrets and noise; what a person may do is in grants.
        register(
            self.get_model("User"),
            exclude=("password", "last_login"),
            later=("is_examiner",),
        )
        register(self.get_model("RoleGrant"), history=True)
        register(self.get_model("RoleGrantEnd"), history=True)
        register(self.get_model("Delegation"), history=True)
        register(self.get_model("DelegationEnd"), history=True)
        for name in ("Erasure", "Hold", "HoldEnd"):
            register(self.get_model(name), history=True)
        register(self.get_model("ServiceAccount"))
        register(
            self.get_model("ApiToken"),
            exclude=("last_used_at",),
            mutable=("revoked_at", "last_used_at"),
        )
        forbid_examiners_to_take_part(self)
