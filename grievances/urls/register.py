"""Addresses of this subject."""

from django.urls import path

from grievances.views.register import RegisterView

urlpatterns = [path("new/", RegisterView.as_view(), name="new")]
