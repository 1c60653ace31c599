"""What happens to a code of the second factor that does not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.views.generic import FormView

from portal.accounts import lockout
from portal.accounts.forms.sign_in import CodeForm
from portal.accounts.models import User
from portal.accounts.services import sign_in
from portal.accounts.services.second_factor import UnreadableError
from portal.core.addresses import client_address

_WRONG: Final = "动态口令不对，或已经用过。请等 App 显示下一个数字后再输。"


def refused(
    view: FormView,
    form: CodeForm,
    *,
    user: User,
    leave: Callable[[HttpRequest], None],
    error: UnreadableError | None = None,
) -> HttpResponse:
    """Count it and say why: the form again, or out by ``leave`` when it was one too many."""
    locks = lockout.count_failure(view.request, user.username)
    sign_in.record_failure(
        username=user.username,
        reason="unreadable" if error else "code",
        locks=locks,
        address=client_address(view.request),
    )
    if locks:
        leave(view.request)
        return lockout.locked_page(view.request)
    form.add_error("code", error.message if error else _WRONG)
    context = view.get_context_data(form=form)
    return view.render_to_response(context, status=403 if error else 200)
