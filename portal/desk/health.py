"""Is the portal alive, ready, and how does it do: /healthz, /readyz, /metrics.

Ready means that the database answers and its tables fit the code. Broker and scheduler only
degrade: people go on working, background work waits.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from ipaddress import ip_address, ip_network

from celery import current_app
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django_prometheus.exports import ExportToDjangoView
from kombu.exceptions import OperationalError

from portal.accounts.scope import PublicMixin
from portal.core.addresses import proven_address
from portal.desk.models import Heartbeat
from portal.desk.tasks import SCHEDULER

#: A scheduler that has been silent for longer is away (it beats every 30 seconds).
SILENCE = timedelta(seconds=120)
BROKER_PATIENCE = 1  # seconds


@cache
def _migrations_of_the_code() -> frozenset[tuple[str, str]]:
    """The last migrations of each app as the code knows them; they cannot change while it runs."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())


def unapplied_migrations() -> frozenset[tuple[str, str]]:
    """Migrations that the code needs and the database has not had (one query)."""
    return _migrations_of_the_code() - MigrationRecorder(connection).applied_migrations().keys()


def database_state() -> str:
    """``ok``, ``migrations pending`` or ``away``."""
    try:
        return "migrations pending" if unapplied_migrations() else "ok"
    except Error:
        return "away"


def broker_state() -> str:
    """``ok`` or ``away``; gives up after about a second."""
    with current_app.connection_for_write(connect_timeout=BROKER_PATIENCE) as broker:
        try:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_PATIENCE)
        except (OperationalError, OSError):
            return "away"
        return "ok"


def scheduler_state() -> str:
    """``ok``, or ``silent`` when no heartbeat came through lately."""
    fresh = Heartbeat.objects.filter(name=SCHEDULER, seen_at__gt=timezone.now() - SILENCE)
    return "ok" if fresh.exists() else "silent"


def may_read_metrics(address: str) -> bool:
    """Loopback and the networks of ``METRICS_ALLOWED``."""
    try:
        asking = ip_address(address)
    except ValueError:
        return False
    allowed = (ip_network(network, strict=False) for network in settings.METRICS_ALLOWED)
    return asking.is_loopback or any(asking in network for network in allowed)


@method_decorator(never_cache, name="dispatch")
class AliveView(PublicMixin, View):
    """The process answers; nothing else is asked."""

    def get(self, _request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok", content_type="text/plain")


@method_decorator(never_cache, name="dispatch")
class ReadyView(PublicMixin, View):
    """200 when pages can be served (``degraded`` names what waits), else 503."""

    def get(self, _request: HttpRequest) -> JsonResponse:
        database = database_state()
        if database != "ok":
            return JsonResponse({"status": "not ready", "database": database}, status=503)
        parts: dict[str, Callable[[], str]] = {
            "broker": broker_state,
            "scheduler": scheduler_state,
        }
        states = {name: ask() for name, ask in parts.items()}
        status = "ok" if set(states.values()) == {"ok"} else "degraded"
        return JsonResponse({"status": status, "database": database} | states)


class MetricsView(PublicMixin, View):
    """Prometheus figures of this process; for anybody else the address does not exist."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        if not may_read_metrics(proven_address(request)):
            raise Http404
        answer: HttpResponse = ExportToDjangoView(request)
        return answer
