"""Addresses of contact points."""

from django.urls import path

from contacts.views import points as views

urlpatterns = [
    path("points/", views.PointListView.as_view(), name="point_list"),
    path("points/new/", views.PointNewView.as_view(), name="point_new"),
    path("points/<int:pk>/", views.PointView.as_view(), name="point"),
    path("points/<int:pk>/print/", views.PointPrintView.as_view(), name="point_print"),
    path("points/<int:pk>/end/", views.PointEndView.as_view(), name="point_end"),
]
