"""What beat asks of the figures."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone


@shared_task
def refresh_figures() -> int:
    """Take away the marks of stale buckets; how many. Twice, or by two workers, is harmless."""
    from portal.metrics import services  # noqa: PLC0415 -- tasks are leaves

    return services.refresh(now=timezone.now())
