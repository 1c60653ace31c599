"""Addresses of the map."""

from django.urls import path

from contacts.views.contact_map import ContactMapView

urlpatterns = [path("map/", ContactMapView.as_view(), name="map")]
