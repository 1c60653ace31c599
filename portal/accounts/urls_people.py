"""Addresses of the administration of people, posts, units and inspections."""

from django.urls import path

from portal.accounts.views import inspections, people, posts, units

app_name = "people"
urlpatterns = [
    path("people/", people.PeopleView.as_view(), name="people"),
    path("people/new/", people.PersonNewView.as_view(), name="person_new"),
    path("people/<int:pk>/", people.PersonView.as_view(), name="person"),
    path("people/<int:pk>/link/", people.PersonLinkView.as_view(), name="link"),
    path("people/<int:pk>/deactivate/", people.PersonDeactivateView.as_view(), name="deactivate"),
    path("people/<int:pk>/reactivate/", people.PersonReactivateView.as_view(), name="reactivate"),
    path("people/<int:pk>/unlock/", people.PersonUnlockView.as_view(), name="unlock"),
    path(
        "people/<int:pk>/second-factor/",
        people.PersonSecondFactorView.as_view(),
        name="second_factor",
    ),
    path("posts/", posts.PostListView.as_view(), name="posts"),
    path("posts/new/", posts.PostNewView.as_view(), name="post_new"),
    path("posts/<int:pk>/end/", posts.PostEndView.as_view(), name="post_end"),
    path("posts/<int:pk>/withdraw/", posts.PostWithdrawView.as_view(), name="post_withdraw"),
    path("units/", units.UnitView.as_view(), name="units"),
    path("units/<int:pk>/", units.UnitView.as_view(), name="unit"),
    path("units/<int:pk>/new/", units.UnitsNewView.as_view(), name="unit_new"),
    path("units/<int:pk>/edit/", units.UnitEditView.as_view(), name="unit_edit"),
    path("inspections/", inspections.InspectionListView.as_view(), name="inspections"),
    path("inspections/new/", inspections.InspectionNewView.as_view(), name="inspection_new"),
    path("inspections/<int:pk>/", inspections.InspectionView.as_view(), name="inspection"),
]
