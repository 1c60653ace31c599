"""Addresses of volunteers."""

from django.urls import path

from contacts.views import volunteers as views

urlpatterns = [
    path("volunteers/", views.TeamListView.as_view(), name="team_list"),
    path("volunteers/new/", views.TeamFormView.as_view(), name="team_new"),
    path("volunteers/<int:pk>/", views.TeamView.as_view(), name="team"),
    path("volunteers/<int:pk>/edit/", views.TeamFormView.as_view(), name="team_edit"),
    path("volunteers/<int:pk>/end/", views.TeamEndView.as_view(), name="team_end"),
    path("volunteers/<int:pk>/members/", views.MemberAddView.as_view(), name="member_add"),
    path(
        "volunteers/<int:pk>/members/<int:member>/end/",
        views.MemberEndView.as_view(),
        name="member_end",
    ),
    path("volunteers/services/new/", views.ServiceNewView.as_view(), name="service_new"),
    path("volunteers/services/<uuid:client_id>/", views.ServiceView.as_view(), name="service"),
    path(
        "volunteers/services/<uuid:client_id>/tap/",
        views.ServiceTapView.as_view(),
        name="service_tap",
    ),
    path(
        "volunteers/services/<uuid:client_id>/void/",
        views.ServiceVoidView.as_view(),
        name="service_void",
    ),
]
