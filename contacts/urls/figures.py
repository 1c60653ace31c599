"""Addresses of figures."""

from django.urls import URLPattern, path

from contacts.views.figures import FiguresView

urlpatterns: list[URLPattern] = [
    path("figures/", FiguresView.as_view(), name="figures"),
    path("figures/<str:code>/", FiguresView.as_view(), name="figures"),
]
