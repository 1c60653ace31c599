"""Addresses of this subject."""

from django.urls import path

from grievances.views.inbox import InboxView
from grievances.views.listing import GrievanceListView, RestrictedListView

urlpatterns = [
    path("", GrievanceListView.as_view(), name="list"),
    path("restricted/", RestrictedListView.as_view(), name="restricted"),
    path("inbox/", InboxView.as_view(), name="inbox"),
]
