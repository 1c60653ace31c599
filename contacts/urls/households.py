"""Addresses of households."""

from django.urls import path

from contacts.views import households as views
from contacts.views.household_form import HouseholdFormView

urlpatterns = [
    path("households/", views.HouseholdListView.as_view(), name="household_list"),
    path("households/new/", HouseholdFormView.as_view(), name="household_new"),
    path("households/find/", views.HouseholdFindView.as_view(), name="household_find"),
    path("households/<int:pk>/", views.HouseholdView.as_view(), name="household"),
    path("households/<int:pk>/edit/", HouseholdFormView.as_view(), name="household_edit"),
    path(
        "households/<int:pk>/reveal/", views.HouseholdRevealView.as_view(), name="household_reveal"
    ),
    path("households/<int:pk>/duty/", views.HouseholdDutyView.as_view(), name="household_duty"),
]
