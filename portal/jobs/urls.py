"""Addresses of background jobs: the list, one job, its files; any registered list as a file."""

from django.urls import path

from portal.jobs import views

app_name = "jobs"
urlpatterns = [
    path("", views.JobListView.as_view(), name="list"),
    path("new/<slug:key>/", views.ListExportView.as_view(), name="list_export"),
    path("<uuid:client_id>/", views.JobView.as_view(), name="job"),
    path("<uuid:client_id>/<slug:role>/", views.JobFileView.as_view(), name="file"),
]
