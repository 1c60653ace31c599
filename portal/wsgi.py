"""Entry point for WSGI servers."""

import os

from django.core.wsgi import get_wsgi_application

from portal.core.collecting import collect_seldom

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

application = get_wsgi_application()
collect_seldom()
