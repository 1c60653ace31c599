"""Addresses of topics."""

from django.urls import path

from grievances.views import topics as views

urlpatterns = [
    path("topics/", views.TopicTreeView.as_view(), name="topics"),
    path("topics/new/", views.TopicNewView.as_view(), name="topic_new"),
    path("topics/<slug:code>/", views.TopicView.as_view(), name="topic"),
    path("topics/<slug:code>/new/", views.TopicNewView.as_view(), name="topic_new_below"),
    path("topics/<slug:code>/edit/", views.TopicEditView.as_view(), name="topic_edit"),
]
