"""The resident's page, reached by the private link; mounted at ``/r/``."""

from django.urls import path

from grievances.views import resident as views

app_name = "resident"
urlpatterns = [
    path("<str:token>/", views.ResidentView.as_view(), name="page"),
    path("<str:token>/rate/", views.RateView.as_view(), name="rate"),
    path("<str:token>/call/", views.CallView.as_view(), name="call"),
]
