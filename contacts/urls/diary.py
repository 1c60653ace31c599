"""Addresses of diary."""

from django.urls import path

from contacts.views.diary import DiaryPrintView, DiaryView

urlpatterns = [
    path("diary/", DiaryView.as_view(), name="diary"),
    path("diary/print/", DiaryPrintView.as_view(), name="diary_print"),
]
