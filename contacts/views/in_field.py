"""Which of the contact pages an 外勤会话 may open, where that depends on the household."""

from __future__ import annotations

from django.http import HttpRequest

from contacts.forms.household_filters import MINE, HouseholdFilterForm
from contacts.models import Household
from contacts.selectors.household_register import duty_count
from contacts.views.addresses import as_row_id
from portal.accounts.models import Post


def _post(request: HttpRequest) -> Post:
    post: Post = request.post  # type: ignore[attr-defined]
    return post


def is_own(request: HttpRequest, pk: int) -> bool:
    """The household of the address is one's own duty."""
    post = _post(request)
    return Household.objects.visible_to(post).own(post).filter(pk=pk).exists()


def lists_own(request: HttpRequest) -> bool:
    """The register asked for the own households, or opening with them."""
    if set(request.GET) & set(HouseholdFilterForm.base_fields):
        return request.GET.get("mine") == MINE
    return duty_count(_post(request)) > 0


def logs_own(request: HttpRequest) -> bool:
    """A visit to be logged: the choice of a door, or an own household."""
    asked = request.POST.get("household") or request.GET.get("household")
    if asked is None:
        return True
    return is_own(request, as_row_id(asked) or 0)
