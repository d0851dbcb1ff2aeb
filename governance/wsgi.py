"""What gunicorn serves: `gunicorn -c gunicorn.conf.py governance.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

from governance.inventory.firm import catalogue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "governance.settings")

application = get_wsgi_application()
# Read before the first request, which would wait for it.
catalogue()
