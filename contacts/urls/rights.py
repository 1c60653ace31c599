"""Addresses of requests about personal data."""

from django.urls import path

from contacts.views import rights as views
from contacts.views.looks import HouseholdLookedView

urlpatterns = [
    path("households/<int:pk>/looked/", HouseholdLookedView.as_view(), name="household_looked"),
    path("rights/", views.RightsListView.as_view(), name="rights_list"),
    path("rights/new/", views.RightsNewView.as_view(), name="rights_new"),
    path("rights/<int:pk>/", views.RightsRequestView.as_view(), name="rights_request"),
    path("rights/<int:pk>/copy/", views.RightsCopyView.as_view(), name="rights_copy"),
]
