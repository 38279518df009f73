"""Door for an asynchronous web server; iomcase itself is written synchronously."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iomcase.settings")
application = get_asgi_application()
