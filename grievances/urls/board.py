"""Addresses of this subject."""

from django.urls.resolvers import URLPattern

urlpatterns: list[URLPattern] = []
