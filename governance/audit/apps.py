from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.module_loading import autodiscover_modules

from governance.audit import checks, roles
from governance.audit.registration import register as register_record
from governance.core.observing import OBSERVERS


class AuditConfig(AppConfig):
    name = "governance.audit"
    label = "audit"

    def ready(self) -> None:
        prose, verification = self.get_model("Prose"), self.get_model("Verification")
        register_record(prose, exclude=("salt", "text", "erased_at"), erasable=("salt", "text"))
        register_record(verification, history=True)
        # Each app's followers.py registers what follows the ledger there.
        autodiscover_modules("followers")
        # And its personal.py says where personal data stands, and what must stay.
        autodiscover_modules("personal")
        pre_migrate.connect(checks.loosen_before_migrate, sender=self)
        post_migrate.connect(checks.protect_after_migrate, sender=self)
        post_migrate.connect(roles.grant_after_migrate, sender=self)
        OBSERVERS.append(roles.roles)
        # As a deployment check: an ordinary one would stop `migrate`, which is what mends it.
        register(checks.check_protection, Tags.database, deploy=True)
        register(checks.check_targets)
