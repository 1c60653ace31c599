"""The address of the queue that stays when surveys stand beside it; mounted at ``/satisfaction/``."""

from django.urls import path

from grievances.views.follow_ups import FollowUpListView

app_name = "satisfaction"
urlpatterns = [path("follow-ups/", FollowUpListView.as_view(), name="follow_ups")]
