"""Public addresses of this subject, mounted at the root."""

from django.urls.resolvers import URLPattern

app_name = "resident"
urlpatterns: list[URLPattern] = []
