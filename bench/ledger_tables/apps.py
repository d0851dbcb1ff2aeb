from django.apps import AppConfig

from governance.audit.registration import register


class LedgerTablesConfig(AppConfig):
    name = "bench.ledger_tables"
    label = "ledger_tables"

    def ready(self) -> None:
        register(self.get_model("Entered"))
