"""The HTTP server: threads in one process, and beside it the worker that runs jobs.

With REDIS_URL jobs belong to Celery workers, and the cache is shared, so there may be more
processes: set WEB_CONCURRENCY.
"""

import gc
import os

from django.conf import settings
from gunicorn.arbiter import Arbiter
from gunicorn.workers.base import Worker

from governance.jobs.supervisor import Supervisor

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

wsgi_app = "governance.wsgi:application"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
worker_class = "gthread"
threads = 8
timeout = 60
graceful_timeout = 10
# Gunicorn would open it in the home directory, which may be read-only.
control_socket_disable = True

_supervisor: Supervisor | None = None


def when_ready(server: Arbiter) -> None:
    global _supervisor
    if not settings.REDIS_URL:
        _supervisor = Supervisor()
        _supervisor.start()


def post_worker_init(worker: Worker) -> None:
    # What is loaded by now stays. Going through all of it again in each full collection of garbage
    # made one call in twenty wait for another 200 ms.
    gc.collect()
    gc.freeze()


def on_exit(server: Arbiter) -> None:
    if _supervisor:
        _supervisor.stop()
