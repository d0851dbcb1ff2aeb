from django.apps import AppConfig
from django.core.checks import Tags, register

from governance.core import checks


class CoreConfig(AppConfig):
    name = "governance.core"
    label = "core"

    def ready(self) -> None:
        register(checks.check_no_demo, Tags.security, deploy=True)
        register(checks.check_policy_set, Tags.security, deploy=True)
        register(checks.check_no_demo_people, Tags.database, deploy=True)
