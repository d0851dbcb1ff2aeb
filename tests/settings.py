"""The portal's settings, with a Redis database for each pytest-xdist worker.

Otherwise the counters of two workers would meet, and one would run the other's jobs. The variable
itself is changed, so that the processes which a test starts use the same database.
"""

import os
from urllib.parse import urlsplit

if os.environ.get("REDIS_URL") and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    os.environ["REDIS_URL"] = (
        urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{worker.removeprefix('gw')}").geturl()
    )

# A checkpoint, a verification or a count by the clock, in the middle of a test that counts entries,
# would be one entry more. Tests of these ask for them.
os.environ.setdefault("LEDGER_CHECKPOINT_MINUTES", "0")
os.environ.setdefault("LEDGER_VERIFY_HOUR", "off")
os.environ.setdefault("COVERAGE_HOUR", "off")

from governance.settings import *  # noqa: F403
