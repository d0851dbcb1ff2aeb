"""The Celery application, used when REDIS_URL is set: `celery -A governance worker -B`."""

from __future__ import annotations

import os

from celery import Celery
from django.conf import settings

from governance.jobs.rules import FOLLOW_SECONDS, SWEEP_SECONDS

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

app = Celery("governance")
app.conf.update(
    broker_url=settings.REDIS_URL or "memory://",
    broker_connection_retry_on_startup=True,
    # A web request must not hang on a broker that does not answer.
    broker_transport_options={"socket_connect_timeout": 3, "socket_timeout": 10},
    imports=("governance.jobs.tasks",),
    task_ignore_result=True,
    # One message ahead would wait behind a long job while another worker is idle.
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    timezone="UTC",
    beat_schedule_filename=str(settings.VAR_DIR / "celerybeat-schedule"),
    beat_schedule={
        "sweep": {"task": "governance.jobs.tasks.sweep", "schedule": SWEEP_SECONDS},
        "keep-up": {
            "task": "governance.jobs.tasks.keep_up",
            "schedule": FOLLOW_SECONDS,
            # Behind a long job they would pile up, and the first does the work of all.
            "options": {"expires": FOLLOW_SECONDS},
        },
    },
)
