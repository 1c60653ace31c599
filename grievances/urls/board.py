"""Addresses of what is seen side by side: by state, and what may be the same."""

from django.urls import path

from grievances.views.board import BoardView, DuplicatesView

urlpatterns = [
    path("board/", BoardView.as_view(), name="board"),
    path("duplicates/", DuplicatesView.as_view(), name="duplicates"),
]
