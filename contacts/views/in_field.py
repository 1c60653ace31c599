"""Which of the contact pages an 外勤会话 may open, where that depends on the household."""

from __future__ import annotations

import uuid

from django.http import HttpRequest
from django.utils import timezone

from contacts import workflow
from contacts.forms.household_filters import MINE, HouseholdFilterForm
from contacts.models import Household, Visit
from contacts.selectors import visit_drafts
from contacts.selectors.household_register import opens_with_own
from contacts.views.addresses import as_row_id, as_uuid
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
    return bool(opens_with_own(_post(request)))


def logs_own(request: HttpRequest) -> bool:
    """A visit to be logged: the choice of a door, or an own household; the same of its draft."""
    asked = request.POST.get("household") or request.GET.get("household")
    if asked is not None and not is_own(request, as_row_id(asked) or 0):
        return False
    client_id = as_uuid(request.GET.get("draft"))
    draft = client_id and visit_drafts.draft_of(post=_post(request), client_id=client_id)
    if not draft:
        return True
    typed = visit_drafts.typed_in(draft).get("household", [""])[-1]
    return is_own(request, as_row_id(typed) or 0)


def keeps_own(request: HttpRequest) -> bool:
    """A draft: of an own household, or the change of an own record, which carries none."""
    asked = request.POST.get("household")
    return not asked or is_own(request, as_row_id(asked) or 0)


def edits_own(request: HttpRequest, client_id: uuid.UUID) -> bool:
    """The own home visit of a household that is one's own duty, while it is changed freely."""
    rows = Visit.objects.visible_to(_post(request)).filter(
        client_id=client_id, kind=Visit.Kind.HOME, post=_post(request)
    )
    visit = rows.only("household_id", "recorded_at").first()
    if visit is None or not workflow.may_edit_freely(visit.recorded_at, now=timezone.now()):
        return False
    return is_own(request, visit.household_id or 0)


def completes_own(request: HttpRequest) -> bool:
    """待补记: the list, which is narrowed there; what is sent speaks of such a visit."""
    client_id = as_uuid(request.POST.get("visit"))
    return client_id is None or edits_own(request, client_id)
