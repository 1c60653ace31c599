"""Pages of written visits: the list, one visit, and what may be done with it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from contacts.forms.visit_filters import VisitFilterForm
from contacts.forms.visits import LaterForm, VoidForm
from contacts.models import Promise, Visit
from contacts.search import VISIT
from contacts.selectors.figures import VISIT_LIST, Figure, list_figures
from contacts.selectors.one_visit import ReadVisit, one_visit
from contacts.selectors.visit_list import page_of_visits
from contacts.selectors.visit_places import LOGS
from contacts.selectors.visit_rows import visit_rows
from contacts.selectors.visits import scope_words, visit_page
from contacts.selectors.waiting import waiting_figure
from contacts.services import visits as services
from contacts.views.addresses import safe_next
from portal.accounts.permissions import Permission
from portal.accounts.roles import Role
from portal.accounts.scope import PostMixin
from portal.accounts.services import inspections
from portal.core.errors import DomainError
from portal.core.paging import KeyPage, one_page
from portal.core.periods import Month, Week
from portal.core.templatetags.portal import cn_date
from portal.search.persons import asks_for_a_person
from portal.search.selectors import search

#: Three screens of a phone; fifty rows were seven, and each is masked on its own.
PAGE_SIZE: Final = 20
#: ``?find=person``: somebody was looked for where only topics are found.
PERSON = "person"
#: Said of an empty list to those who take no part in visits.
NOTHING: Final[dict[str, str]] = {
    Role.INSPECTOR: "有批准的督查授权时，那个单位的走访记录会出现在这里。"
}
#: The filters of the list of all that waits.
WAITING: Final = {"state": "valid", "matter": "waiting"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One link of the filter bar."""

    label: str
    url: str
    is_on: bool = False


class VisitListView(PostMixin, TemplateView):
    """Visits the acting post may read, newest first, every filter in the address."""

    permission = Permission.SEE_VISITS
    template_name = "contacts/visit_list.html"

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate(self.now)

    @cached_property
    def filter(self) -> VisitFilterForm:
        return VisitFilterForm(self.request.GET, post=self.post_in_force, today=self.today)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # SECURITY: a number or a person in ``q`` is not searched, and leaves the address at once.
        if asks_for_a_person(self.post_in_force, request.GET.get("q", "")):
            return redirect(f"{request.path}{self._url(drop=('q',), find=PERSON)}")
        inspections.note_listed(actor=self.post_in_force)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page, ids = self._page()
        is_valid = self.filter.is_valid()
        return super().get_context_data(
            filter=self.filter,
            page=page,
            rows=visit_rows(post=self.post_in_force, ids=ids, now=self.now),
            chips=self._chips() if is_valid else [],
            periods=self._periods(),
            period=self.filter.period_words if is_valid else "",
            may_log=self.post_in_force.may(Permission.LOG_HOME_VISIT),
            may_log_kinds=[
                (kind.lower(), label)
                for kind, label in Visit.Kind.choices
                if self.post_in_force.may(LOGS[kind])
            ],
            scope=scope_words(self.post_in_force),
            nothing_words=NOTHING.get(self.post_in_force.role, "您参加的走访会出现在这里。"),
            figures=self._figures() if is_valid else [],
            asked_for_person=self.request.GET.get("find") == PERSON,
            may_find=self.post_in_force.may(Permission.FIND_PERSONS),
            is_narrowed=is_valid and (self.filter.is_narrowed or self.filter.cleaned_data["q"]),
            export_url=self.export_url("visits", self._url()),
            **kwargs,
        )

    def _page(self) -> tuple[KeyPage[Any], list[int]]:
        """The page, and the visits on it in their order."""
        post, cursor = self.post_in_force, self.request.GET.get("cursor")
        if not self.filter.is_valid():
            return one_page([]), []
        query = self.filter.cleaned_data["q"]
        if not query:
            page = page_of_visits(post, *self.filter.asked(), cursor=cursor, size=PAGE_SIZE)
            return page, page.items
        among = None
        if self.filter.is_narrowed:
            among = self.filter.apply_filters(Visit.objects.visible_to(post))
        hits = search(post, query, kind=VISIT, cursor=cursor, size=PAGE_SIZE, among=among)
        return hits, [hit.object_id for hit in hits]

    def _figures(self) -> list[Figure]:
        """The figures this list is the record of, from the one place that counts them."""
        which = self.filter.which
        if which is None:
            return []
        if which == WAITING and self.filter.period is None:
            return [
                waiting_figure(
                    self.filter.apply_filters(Visit.objects.visible_to(self.post_in_force))
                )
            ]
        return list_figures(
            post=self.post_in_force,
            page=VISIT_LIST,
            filters=which,
            unit=self.filter.cleaned_data["unit"],
            period=self.filter.period,
            today=self.today,
        )

    def _url(self, drop: tuple[str, ...] = (), **add: str) -> str:
        """This list with other filters, from its beginning."""
        query: QueryDict = self.request.GET.copy()
        for name in ("cursor", "find", *drop):
            query.pop(name, None)
        for name, value in add.items():
            query[name] = value
        return f"?{query.urlencode()}"

    def _chips(self) -> list[Choice]:
        return [Choice(words, self._url(drop=names)) for names, words in self.filter.chosen()]

    def _periods(self) -> list[Choice]:
        """One tap for the usual stretches of time."""
        drop = ("week", "month", "quarter", "year", "since", "until")
        week, month = Week.of(self.today), Month.of(self.today)
        usual = [
            ("本周", "week", week),
            ("上周", "week", week.previous()),
            ("本月", "month", month),
            ("上月", "month", month.previous()),
        ]
        asked = self.request.GET
        found = [
            Choice(label, self._url(drop, **{key: str(value)}), is_on=asked.get(key) == str(value))
            for label, key, value in usual
        ]
        nothing = not any(asked.get(key) for key in drop)
        return [Choice("全部时间", self._url(drop), is_on=nothing), *found]


class VisitMixin(PostMixin):
    """One visit of the address, as far as it is visible; else a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    @cached_property
    def read(self) -> ReadVisit:
        found = one_visit(post=self.post_in_force, client_id=self.kwargs["client_id"])
        if found is None:
            raise Http404
        return found

    @property
    def visit(self) -> Visit:
        return self.read.visit


class VisitView(VisitMixin, TemplateView):
    """One visit: what happened, what came of it, what may be done with it."""

    permission = Permission.SEE_VISITS
    template_name = "contacts/visit.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        places = (self.visit.community_id, self.visit.street_id)
        inspections.note_read(
            actor=self.post_in_force, obj=self.visit, places=places, on=self.visit.occurred_on
        )
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        page = visit_page(
            post=self.post_in_force,
            read=self.read,
            now=self.now,
            today=timezone.localdate(self.now),
        )
        return super().get_context_data(page=page, visit=self.visit, **kwargs)


class VisitVoidView(VisitMixin, FormView):
    """作废: say why; the record stays and counts nowhere."""

    permission = Permission.SEE_VISITS
    template_name = "contacts/visit_void.html"
    form_class = VoidForm

    @cached_property
    def page(self) -> Any:
        today = timezone.localdate(self.now)
        page = visit_page(post=self.post_in_force, read=self.read, now=self.now, today=today)
        if not (page.may_void or self.visit.is_voided):
            raise PermissionDenied("只有记录人能作废这份记录。如有误，请联系记录人或街道管理员。")
        return page

    def get(self, *_args: Any, **_kwargs: Any) -> HttpResponse:
        if self.page.visit.is_voided:
            return redirect(self.visit)
        return self.render_to_response(self.get_context_data())

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"kind": self.visit.kind}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page=self.page, visit=self.visit, **kwargs)

    def form_valid(self, form: VoidForm) -> HttpResponse:
        try:
            services.void_visit(
                actor=self.post_in_force, visit_id=self.visit.pk, reason=form.reason, now=self.now
            )
        except DomainError as error:
            form.add_error(None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已作废。记录还在，注明了原因，不再计入任何数字。")
        return redirect(safe_next(self.request, self.visit.get_absolute_url()))


class NextStepView(VisitMixin, View):
    """Answer for the plan made in a visit: done, or (with ``until``) still to do on a later day."""

    permission = Permission.SEE_VISITS
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        try:
            said = self._put_off() if "until" in request.POST else self._done()
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, said)
        return redirect(safe_next(request, self.visit.get_absolute_url()))

    def _done(self) -> str:
        services.complete_next_step(actor=self.post_in_force, visit_id=self.visit.pk, now=self.now)
        return "下一步已完成。"

    def _put_off(self) -> str:
        form = LaterForm(self.request.POST)
        if not form.is_valid():
            raise DomainError(str(form.errors["until"][0]), field="until")
        until = form.cleaned_data["until"]
        services.put_off_next_step(
            actor=self.post_in_force, visit_id=self.visit.pk, until=until, now=self.now
        )
        return f"还要做，改到 {cn_date(until)}，到那天再提醒。"


class PromiseKeptView(PostMixin, View):
    """Say that what was promised has been done."""

    permission = Permission.SEE_VISITS
    http_method_names = ("post", "options")

    def post(self, request: HttpRequest, promise_id: int) -> HttpResponse:
        try:
            promise = services.keep_promise(
                actor=self.post_in_force, promise_id=promise_id, now=timezone.now()
            )
        except Promise.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, error.message)
            return redirect(safe_next(request, reverse("contacts:visit_list")))
        messages.success(request, "答应的事已记为兑现。")
        return redirect(safe_next(request, promise.visit.get_absolute_url()))
