"""Addresses of the administration of people, posts, units and inspections."""

from django.urls import URLPattern

app_name = "people"
urlpatterns: list[URLPattern] = []
