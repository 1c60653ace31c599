"""Addresses of the letters of a 信访件."""

from django.urls import re_path

from grievances.views.papers import LetterView

urlpatterns = [
    re_path(
        r"^(?P<number>[0-9A-Za-z]{1,12}-\d{6}-\d{4,8})/papers/(?P<kind>[a-z]+)/$",
        LetterView.as_view(),
        name="paper",
    ),
]
