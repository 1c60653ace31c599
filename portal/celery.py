"""The Celery application; tasks are found in each app's ``tasks`` module."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import import_modules

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings.embedded")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@import_modules.connect(weak=False)
def refuse_demo_elsewhere(**_kwargs: Any) -> None:
    """SECURITY: the worker and the scheduler, like the pages, run the demo on this machine only.

    This is the first that both do, before they touch the database or take a message.
    """
    django.setup()
    from django.conf import settings  # noqa: PLC0415 -- settings are chosen above

    from portal.desk.demo_mode import refusals  # noqa: PLC0415 -- needs the apps

    if settings.DEMO and (reasons := refusals()):
        # Celery logs the errors of its receivers and goes on; this it lets through.
        raise SystemExit(" ".join(reasons))
