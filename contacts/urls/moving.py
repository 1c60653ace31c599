"""Addresses of moving, merging and handing over households."""

from django.urls import path

from contacts.views.handover import HandoverView
from contacts.views.moving import HouseholdMergeView, HouseholdMoveView

urlpatterns = [
    path("households/<int:pk>/move/", HouseholdMoveView.as_view(), name="household_move"),
    path("households/<int:pk>/merge/", HouseholdMergeView.as_view(), name="household_merge"),
    path("handover/<int:user>/", HandoverView.as_view(), name="handover"),
]
