"""Asking residents, telling them, and the slip with their link."""

from django.urls import path, re_path

from grievances.views import follow_ups, tellings

_NUMBER = r"(?P<number>[0-9A-Za-z]{1,12}-\d{6}-\d{4,8})/"

urlpatterns = [
    path("follow-ups/", follow_ups.FollowUpListView.as_view(), name="follow_ups"),
    re_path(f"^follow-ups/{_NUMBER}$", follow_ups.FollowUpView.as_view(), name="follow_up"),
    re_path(
        f"^follow-ups/{_NUMBER}close/$", follow_ups.UnreachedView.as_view(), name="follow_up_close"
    ),
    path("tellings/", tellings.TellingListView.as_view(), name="tellings"),
    path("tellings/<int:pk>/", tellings.TellingView.as_view(), name="telling"),
    re_path(f"^{_NUMBER}slip/$", follow_ups.SlipView.as_view(), name="slip"),
    re_path(f"^{_NUMBER}called-back/$", tellings.CalledBackView.as_view(), name="called_back"),
]
