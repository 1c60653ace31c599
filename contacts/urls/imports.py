"""Addresses of the import of households."""

from django.urls import path

from contacts.views import imports as views

urlpatterns = [
    path("households/import/", views.HouseholdImportView.as_view(), name="household_import"),
    path(
        "households/import/template/",
        views.HouseholdImportTemplateView.as_view(),
        name="household_import_template",
    ),
    path(
        "households/import/<uuid:client_id>/",
        views.HouseholdImportCheckView.as_view(),
        name="household_import_check",
    ),
]
