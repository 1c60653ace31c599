"""Addresses of the grievance desk, one file per subject; the page of one grievance comes last."""

from grievances.urls import (
    board,
    calendar,
    follow_ups,
    imports,
    listing,
    one,
    outside,
    papers,
    register,
    topics,
)

app_name = "grievances"
urlpatterns = [
    *register.urlpatterns,
    *listing.urlpatterns,
    *board.urlpatterns,
    *follow_ups.urlpatterns,
    *outside.urlpatterns,
    *imports.urlpatterns,
    *calendar.urlpatterns,
    *topics.urlpatterns,
    *papers.urlpatterns,
    *one.urlpatterns,
]
