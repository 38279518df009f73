"""Door for the web server (gunicorn iomcase.wsgi)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
application = get_wsgi_application()
