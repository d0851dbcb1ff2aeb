"""The portal's settings and the kinds of job that only tests know."""

from governance.settings import *  # noqa: F403
from governance.settings import INSTALLED_APPS as PORTAL_APPS

INSTALLED_APPS = [*PORTAL_APPS, "tests.job_kinds"]
