"""Addresses of sign-in, the own account and the trail."""

from django.urls import URLPattern

app_name = "accounts"
urlpatterns: list[URLPattern] = []
