"""Addresses of the contact work, one file per subject."""

from contacts.urls import diary, households, visits

app_name = "contacts"
urlpatterns = [*visits.urlpatterns, *households.urlpatterns, *diary.urlpatterns]
