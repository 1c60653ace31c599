"""Addresses of the contact work, one file per subject."""

from contacts.urls import (
    contact_map,
    diary,
    figures,
    households,
    imports,
    moving,
    points,
    rights,
    rounds,
    visits,
    volunteers,
)

app_name = "contacts"
urlpatterns = [
    *rounds.urlpatterns,
    *visits.urlpatterns,
    *imports.urlpatterns,
    *moving.urlpatterns,
    *households.urlpatterns,
    *diary.urlpatterns,
    *points.urlpatterns,
    *volunteers.urlpatterns,
    *contact_map.urlpatterns,
    *figures.urlpatterns,
    *rights.urlpatterns,
]
