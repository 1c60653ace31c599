"""Addresses of background jobs: the list, one job, its files."""

from django.urls import URLPattern

app_name = "jobs"
urlpatterns: list[URLPattern] = []
