"""Addresses of the import of the hotline's exports."""

from django.urls import path

from grievances.views import imports as views

urlpatterns = [
    path("import/", views.HotlineImportView.as_view(), name="hotline_import"),
    path("import/<uuid:client_id>/", views.HotlineCheckView.as_view(), name="hotline_check"),
    path("reconciliation/", views.ReconciliationView.as_view(), name="reconciliation"),
]
