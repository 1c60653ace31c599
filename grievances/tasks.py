"""Background work of the grievance desk; sent by beat, safe to run twice and to be killed."""

from celery import shared_task
from django.utils import timezone


@shared_task
def recount_due() -> int:
    """Count due dates of another calendar or other policies again; how many moved."""
    from grievances.services import recounting  # noqa: PLC0415 -- tasks are leaves

    return recounting.recount_due(now=timezone.now())
