"""人员: the list, finding a colleague, a new account; each change of an account by its button."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

import segno
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView, View

from portal.accounts.forms.people import (
    AccountForm,
    AccountWithPostForm,
    FindPeopleForm,
    PeopleListForm,
)
from portal.accounts.models import User
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.selectors import people as selectors
from portal.accounts.selectors.people import FOUND_AT_MOST, Standing
from portal.accounts.services import keeping
from portal.accounts.views.redirects import address_of
from portal.core.errors import DomainError
from portal.core.paging import paginate

#: The sheet of what a person leaves behind; an app above has it.
HANDOVER = "contacts:handover"


class PeopleView(PostMixin, TemplateView):
    """People in reach, narrowed by what may stand in an address; a name is asked for by POST."""

    permission = Permission.SEE_PEOPLE
    template_name = "accounts/people.html"

    @cached_property
    def now(self) -> dt.datetime:
        return timezone.now()

    def post(self, _request: HttpRequest) -> HttpResponse:
        find = FindPeopleForm(self.request.POST)
        if not find.is_valid():
            return self.render_to_response(self.get_context_data(find=find))
        keeping.note_found(actor=self.post_in_force)
        found = selectors.found(post=self.post_in_force, words=find.cleaned_data["words"].strip())
        return self.render_to_response(
            self.get_context_data(
                find=find,
                found=self._lines(found[:FOUND_AT_MOST]),
                more=len(found) > FOUND_AT_MOST,
            )
        )

    def _lines(self, users: list[User]) -> list[selectors.PersonLine]:
        return selectors.person_lines(post=self.post_in_force, users=users, now=self.now)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        asked = PeopleListForm(self.request.GET, post=post)
        rows = (
            selectors.people(post=post, asked=asked.asked(), now=self.now)
            if asked.is_valid()
            else selectors.people(post=post, asked=selectors.Asked(), now=self.now).none()
        )
        page = paginate(
            rows,
            order=selectors.ORDER,
            cursor=self.request.GET.get("cursor"),
            size=selectors.PAGE_SIZE,
        )
        standing = asked.asked().standing if asked.is_valid() else Standing.ACTIVE
        return {
            "filter": asked,
            "find": FindPeopleForm(),
            "page": page,
            "lines": self._lines(page.items) if "found" not in kwargs else [],
            "standing": standing,
            "chips": asked.chips() if asked.is_valid() else [],
            "scope": post.organisation.name,
            "may_make": post.may(Permission.MANAGE_USERS),
            "export_url": self.export_url("people"),
        } | super().get_context_data(**kwargs)


@method_decorator(never_cache, name="dispatch")
class PersonNewView(PostMixin, FormView):
    """A new account, with its first post where the maker may grant one, and the one-time link."""

    permission = Permission.MANAGE_USERS
    template_name = "accounts/person_new.html"

    @property
    def grants(self) -> bool:
        return self.post_in_force.may(Permission.GRANT_POSTS)

    def get_form(self, form_class: Any = None) -> AccountForm | AccountWithPostForm:  # noqa: ARG002 -- Django's signature
        if not self.grants:
            return AccountForm(self.request.POST or None)
        unit = self.request.GET.get("unit", "")
        return AccountWithPostForm(
            self.request.POST or None,
            post=self.post_in_force,
            unit=int(unit) if unit.isdecimal() else None,
        )

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            user, link = keeping.enrol(
                actor=self.post_in_force,
                username=form.cleaned_data["username"],
                name=form.cleaned_data["name"],
                first_post=form.entry_for() if self.grants else None,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        return link_page(self.request, user, link, "账号已建立")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"grants": self.grants}


def link_page(request: HttpRequest, user: User, link: str, heading: str) -> HttpResponse:
    """The link on this answer and nowhere else: as text and as a picture to scan."""
    address = request.build_absolute_uri(link)
    context = {
        "person": user,
        "address": address,
        "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=2),
        "heading": heading,
    }
    return render(request, "accounts/person_link.html", context)


class PersonMixin(PostMixin):
    """A person of the address, as far as in reach; else a 404."""

    kwargs: dict[str, Any]

    @cached_property
    def person(self) -> User:
        rows = User.objects.visible_to(self.post_in_force)
        person: User = get_object_or_404(rows, pk=self.kwargs["pk"])
        return person


@method_decorator(never_cache, name="dispatch")
class PersonView(PersonMixin, TemplateView):
    """One person: posts of all times, the account, the last sign-ins."""

    permission = Permission.SEE_PEOPLE
    template_name = "accounts/person.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        keeping.note_read(actor=self.post_in_force, user=self.person)
        return super().get(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        page = selectors.person_page(post=post, user=self.person, now=timezone.now())
        return super().get_context_data(**kwargs) | {
            "person": self.person,
            "page": page,
            "may_grant": post.may(Permission.GRANT_POSTS) and self.person.is_active,
            "may_manage": post.may(Permission.MANAGE_USERS) and not page.refusal,
            "may_unlock": post.may(Permission.UNLOCK_ACCOUNTS) and not page.refusal,
            "handover_url": self._handover(),
        }

    def _handover(self) -> str:
        if not self.post_in_force.may(Permission.ASSIGN_HOUSEHOLDS):
            return ""
        return address_of(HANDOVER, self.person.pk)


class PersonActionView(PersonMixin, View):
    """A button on the page of a person."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        try:
            return self.perform()
        except User.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            messages.error(request, error.message)
        return self.back()

    def perform(self) -> HttpResponse:
        """Do it and answer."""
        raise NotImplementedError

    def done(self, words: str) -> HttpResponse:
        messages.success(self.request, words)
        return self.back()

    def back(self) -> HttpResponse:
        """To the list where the button stood there, else to the person."""
        if self.request.POST.get("next") == "stale":
            return redirect(f"{reverse('people:people')}?standing={Standing.STALE}")
        return redirect("people:person", pk=self.person.pk)


@method_decorator(never_cache, name="dispatch")
class PersonLinkView(PersonActionView):
    permission = Permission.MANAGE_USERS

    def perform(self) -> HttpResponse:
        link = keeping.give_link(actor=self.post_in_force, user=self.person, now=timezone.now())
        return link_page(self.request, self.person, link, "新的登录链接")


class PersonDeactivateView(PersonActionView):
    permission = Permission.MANAGE_USERS

    def perform(self) -> HttpResponse:
        keeping.deactivate(actor=self.post_in_force, user=self.person, now=timezone.now())
        return self.done(f"{self.person.name}的账号已停用，正在登录的已退出。")


@method_decorator(never_cache, name="dispatch")
class PersonReactivateView(PersonActionView):
    permission = Permission.MANAGE_USERS

    def perform(self) -> HttpResponse:
        link = keeping.reactivate(actor=self.post_in_force, user=self.person)
        return link_page(self.request, self.person, link, "账号已恢复")


class PersonUnlockView(PersonActionView):
    permission = Permission.UNLOCK_ACCOUNTS

    def perform(self) -> HttpResponse:
        keeping.unlock_for(actor=self.post_in_force, user=self.person)
        return self.done("已解锁，现在可以登录。")


class PersonSecondFactorView(PersonActionView):
    permission = Permission.UNLOCK_ACCOUNTS

    def perform(self) -> HttpResponse:
        keeping.reset_second_factor(actor=self.post_in_force, user=self.person)
        return self.done("动态口令已解除。管理员岗位的人下次登录时须重新绑定。")
