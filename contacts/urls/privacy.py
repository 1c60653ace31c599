"""Public addresses about personal data: notice, rights request, door card."""

from django.urls import path

from contacts.views import privacy as views

app_name = "privacy"
urlpatterns = [
    path("", views.NoticeView.as_view(), name="notice"),
    path("door-card/", views.DoorCardView.as_view(), name="door_card"),
    path("request/", views.RequestView.as_view(), name="request"),
    path("status/", views.StatusView.as_view(), name="status"),
]
