"""Addresses of exports: any list that is registered, with the list's own filters."""

from django.urls import path

from contacts.views.exports import ListExportView

urlpatterns = [
    path("export/<slug:key>/", ListExportView.as_view(), name="list_export"),
]
