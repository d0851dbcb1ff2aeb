"""The portal's settings, with the libraries that bench/ledger.py measures beside its ledger."""

import os

from governance.settings import *  # noqa: F403
from governance.settings import DATABASES, INSTALLED_APPS

ON_POSTGRESQL = DATABASES["default"]["ENGINE"].endswith("postgresql")
INSTALLED_APPS = [
    *INSTALLED_APPS,
    "auditlog",
    "simple_history",
    *(["pgtrigger", "pghistory"] if ON_POSTGRESQL else []),
    "bench.ledger_tables",
]
MIGRATION_MODULES = {"ledger_tables": None}
if not ON_POSTGRESQL:
    flushing = os.environ.get("SYNCHRONOUS", "FULL")
    DATABASES["default"]["OPTIONS"] |= {
        "timeout": 120,
        "init_command": f"PRAGMA journal_mode=WAL; PRAGMA synchronous={flushing};",
    }
