"""Addresses of this subject."""

from django.urls import path
from django.urls.resolvers import URLPattern

from grievances.views.clocks import (
    CalendarDayView,
    CalendarView,
    PolicyChangeView,
    PolicyTableView,
)

urlpatterns: list[URLPattern] = [
    path("calendar/", CalendarView.as_view(), name="calendar"),
    path("calendar/day/", CalendarDayView.as_view(), name="calendar_day"),
    path("clocks/", PolicyTableView.as_view(), name="clocks"),
    path("clocks/change/", PolicyChangeView.as_view(), name="clock_change"),
]
