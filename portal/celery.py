"""The Celery application; tasks are found in each app's ``tasks`` module."""

import os
from typing import Any

import django
from celery import Celery
from celery.signals import import_modules, worker_init, worker_process_init

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


@worker_init.connect(weak=False)
@worker_process_init.connect(weak=False)
def collect_garbage_seldom(**_kwargs: Any) -> None:
    """Of the worker, and of each process it makes."""
    from portal.core.collecting import collect_seldom  # noqa: PLC0415 -- after the settings

    collect_seldom()
