"""办理链接, for people without an account; mounted at ``/h/``."""

from django.urls import path

from grievances.views import handler_link as views

app_name = "handler_link"
urlpatterns = [path("<str:token>/", views.HandlerLinkView.as_view(), name="page")]
