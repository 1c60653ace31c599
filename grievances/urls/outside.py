"""The desk and people who never sign in."""

from django.urls import path, re_path

from grievances.views import chases, outside

_NUMBER = r"^(?P<number>[0-9A-Za-z]{1,12}-\d{6}-\d{4,8})/"

urlpatterns = [
    path("liaisons/", outside.LiaisonListView.as_view(), name="liaisons"),
    path("liaisons/new/", outside.LiaisonFormView.as_view(), name="liaison_new"),
    path("liaisons/<int:pk>/", outside.LiaisonFormView.as_view(), name="liaison_edit"),
    path("liaisons/<int:pk>/end/", outside.LiaisonEndView.as_view(), name="liaison_end"),
    path("chases/", chases.ChaseListView.as_view(), name="chases"),
    path("chases/<int:unit>/", chases.ChaseSheetView.as_view(), name="chase_sheet"),
    re_path(f"{_NUMBER}outside/$", outside.OutsideView.as_view(), name="outside"),
    re_path(
        rf"{_NUMBER}outside/(?P<assignment>\d{{1,18}})/$",
        outside.LinkView.as_view(),
        name="handler_link",
    ),
    re_path(f"{_NUMBER}forward/$", outside.ForwardView.as_view(), name="forward"),
]
