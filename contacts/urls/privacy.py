"""Public addresses about personal data: notice, rights request, door card."""

from django.urls import URLPattern

app_name = "privacy"
urlpatterns: list[URLPattern] = []
