"""Addresses that machines ask; without a slash at the end, as such tools expect."""

from django.urls import path

from portal.desk import health

urlpatterns = [
    path("healthz", health.AliveView.as_view(), name="healthz"),
    path("readyz", health.ReadyView.as_view(), name="readyz"),
    path("metrics", health.MetricsView.as_view(), name="metrics"),
]
