"""Addresses of one grievance; a number is 107003-202611-0001, a restricted one's 107003F-…."""

from django.urls import re_path

from grievances.views import asks, papers
from grievances.views import one as views

_NUMBER = r"^(?P<number>[0-9A-Za-z]{1,12}-\d{6}-\d{4,8})/"

urlpatterns = [
    re_path(f"{_NUMBER}$", views.GrievanceView.as_view(), name="grievance"),
    re_path(f"{_NUMBER}reveal/$", views.GrievanceRevealView.as_view(), name="reveal"),
    re_path(f"{_NUMBER}print/$", papers.PaperView.as_view(), name="print"),
    re_path(rf"{_NUMBER}ask/(?P<key>[a-z_]+)/$", asks.AskView.as_view(), name="ask"),
    re_path(rf"{_NUMBER}(?P<move>[a-z_]+)/$", views.MoveView.as_view(), name="move"),
]
