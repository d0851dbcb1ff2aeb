#!/usr/bin/env python
"""Every command of the portal: `python manage.py help`."""

import os
import secrets
import sys

from django.core.management import execute_from_command_line

from governance.audit.origin import origin
from governance.audit.rules import Source

DETACHED = {"assess", "convert_card"}
"""These keep nothing and sign nothing, so they work where the portal was never set up."""

if __name__ == "__main__":
    if DETACHED & set(sys.argv[1:2]):
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")
    # What one command does is one act, however many entries it has.
    with origin(Source.COMMAND):
        execute_from_command_line(sys.argv)
