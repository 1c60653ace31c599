"""Addresses of what is seen side by side: by state."""

from django.urls import path

from grievances.views.board import BoardView

urlpatterns = [path("board/", BoardView.as_view(), name="board")]
