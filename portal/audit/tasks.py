"""What beat asks of the trail."""

from __future__ import annotations

from celery import shared_task


@shared_task
def seal_audit() -> int:
    """Seal what is new, every minute; how many seals. Twice, or by two workers, is harmless."""
    from portal.audit import services  # noqa: PLC0415 -- tasks are leaves

    return len(services.seal())
