"""Addresses of the pages that belong to no app."""

from django.urls import path

from portal.core.views import StyleView

app_name = "core"
urlpatterns = [path("help/style/", StyleView.as_view(), name="style")]
