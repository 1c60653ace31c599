"""P and L."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from benchmarks.floor.models import Item

ROWS = 50


@login_required
def plain(request: HttpRequest) -> HttpResponse:
    """P: three lines."""
    return render(request, "plain.html")


@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """L: P with fifty rows of a million."""
    return render(request, "listed.html", {"rows": Item.objects.order_by("-made_at")[:ROWS]})


def alive(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("plain/", plain), path("listed/", listed), path("healthz", alive)]
