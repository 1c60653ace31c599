"""Background work of the house itself; sent by beat, safe to run twice."""

from importlib import import_module

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from contacts.services import drafts, rights_owner
from portal.accounts.services import devices
from portal.accounts.services.sign_in import clear_networks
from portal.desk import services
from portal.desk.models import Heartbeat

SCHEDULER = "scheduler"


@shared_task
def heartbeat() -> None:
    """Leave a sign that scheduler, broker and worker pass messages on."""
    Heartbeat.objects.update_or_create(name=SCHEDULER, defaults={"seen_at": timezone.now()})


@shared_task
def clear_expired() -> None:
    """Remove sessions that are over, drafts nobody came back to, and old places of sign-ins."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    drafts.forget_old(now=timezone.now())
    devices.end_expired(now=timezone.now())
    clear_networks()


@shared_task
def hand_on_requests() -> int:
    """Requests about personal data whose owner has left get the next one; how many did."""
    return rights_owner.hand_on(now=timezone.now())


@shared_task
def reconcile_figures() -> int:
    """Every night: how many figures differed from plain SQL; they are logged and mended."""
    return len(services.reconcile_figures(now=timezone.now()))
