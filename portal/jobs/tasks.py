"""Background work: one job by its id, and the sweep for those that no message told of."""

from __future__ import annotations

import datetime as dt
from typing import Final

from celery import shared_task
from django.utils import timezone

from portal.jobs import running, services
from portal.jobs.models import Job

#: A job younger than this has a message of its own on the way.
_FRESH: Final = dt.timedelta(seconds=10)


@shared_task
def run_job(job_id: int) -> None:
    """Do the job unless somebody else has it. Safe to deliver twice."""
    run = running.claim(job_id, now=timezone.now())
    if run is not None:
        running.work(run)


@shared_task
def sweep_jobs() -> None:
    """Wake workers for waiting jobs and for those whose worker is gone; remove what expired."""
    now = timezone.now()
    running.fail_poisoned(now=now)
    due = Job.objects.claimable(now).exclude(state=Job.State.WAITING, asked_at__gt=now - _FRESH)
    for job_id in due.values_list("pk", flat=True):
        services.publish(job_id)


@shared_task
def forget_expired_files() -> None:
    """Remove what a week is over for."""
    services.forget_expired(now=timezone.now())
