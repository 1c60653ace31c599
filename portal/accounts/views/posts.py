"""岗位: the list, granting, ending by date, taking a mistake back."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View

from portal.accounts import ports
from portal.accounts.forms.people import (
    DAY,
    EndPostForm,
    NamedPersonForm,
    PostFieldsForm,
    PostListForm,
)
from portal.accounts.models import Organisation, Post, User
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.accounts.selectors import people as selectors
from portal.accounts.services import people as services
from portal.core.errors import DomainError
from portal.core.paging import paginate


class PostListView(PostMixin, TemplateView):
    permission = Permission.GRANT_POSTS
    template_name = "accounts/posts.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, today = self.post_in_force, timezone.localdate()
        asked = PostListForm(self.request.GET, post=post)
        rows: QuerySet[Post] = Post.objects.visible_to(post).none()
        if asked.is_valid():
            rows = selectors.posts_in_reach(
                post=post,
                asked=asked.asked(),
                ended=bool(asked.cleaned_data["ended"]),
                today=today,
            )
        page = paginate(
            rows,
            order=selectors.POSTS_ORDER,
            cursor=self.request.GET.get("cursor"),
            size=selectors.PAGE_SIZE,
        )
        return super().get_context_data(**kwargs) | {
            "filter": asked,
            "chips": asked.chips() if asked.is_valid() else [],
            "page": page,
            "lines": selectors.held_posts(actor=post, posts=page.items, today=today),
            "scope": post.organisation.name,
            "export_url": self.export_url("posts"),
        }


class PostNewView(PostMixin, FormView):
    """Grant a post: to somebody in reach (``?person=``), or to somebody named exactly."""

    permission = Permission.GRANT_POSTS
    template_name = "accounts/post_new.html"

    @cached_property
    def person(self) -> User | None:
        asked = self.request.GET.get("person", "")
        if not asked:
            return None
        rows = User.objects.visible_to(self.post_in_force)
        person: User = get_object_or_404(rows, pk=asked if asked.isdecimal() else 0)
        return person

    def get_form(self, form_class: Any = None) -> PostFieldsForm:  # noqa: ARG002 -- Django's signature
        unit = self.request.GET.get("unit", "")
        kind = PostFieldsForm if self.person else NamedPersonForm
        return kind(
            self.request.POST or None,
            post=self.post_in_force,
            unit=int(unit) if unit.isdecimal() else None,
        )

    def form_valid(self, form: Any) -> HttpResponse:
        user = self.person or cast(User, form.person)
        try:
            granted = services.grant_post(actor=self.post_in_force, entry=form.entry_for()(user))
        except Organisation.DoesNotExist as error:
            raise Http404 from error
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(
            self.request,
            f"{user.name}自 {granted.since} 起任{granted.place}{granted.label}。",
        )
        if User.objects.visible_to(self.post_in_force).filter(pk=user.pk).exists():
            return redirect("people:person", pk=user.pk)
        return redirect("people:posts")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"person": self.person}


class HeldPostMixin(PostMixin):
    kwargs: dict[str, Any]

    @cached_property
    def held(self) -> Post:
        rows = Post.objects.visible_to(self.post_in_force).with_places().select_related("user")
        held: Post = get_object_or_404(rows, pk=self.kwargs["pk"])
        return held

    def back(self) -> HttpResponse:
        rows = User.objects.visible_to(self.post_in_force)
        if rows.filter(pk=self.held.user_id).exists():
            return redirect("people:person", pk=self.held.user_id)
        return redirect("people:posts")


class PostEndView(HeldPostMixin, FormView):
    permission = Permission.GRANT_POSTS
    template_name = "accounts/post_end.html"
    form_class = EndPostForm

    def form_valid(self, form: EndPostForm) -> HttpResponse:
        last_day: dt.date = form.cleaned_data["last_day"]
        try:
            services.end_post(actor=self.post_in_force, post=self.held, until=last_day + DAY)
        except DomainError as error:
            form.add_error("last_day" if error.field == "until" else None, error.message)
            return self.form_invalid(form)
        messages.success(
            self.request, f"{self.held.user.name}的{self.held.label}到 {last_day} 为止。"
        )
        return self.back()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "held": self.held,
            "left_behind": ports.left_behind(held=self.held),
            "may_hand_over": self.post_in_force.may(Permission.ASSIGN_HOUSEHOLDS),
        }


class PostWithdrawView(HeldPostMixin, View):
    """Take back what was granted by mistake, on its first day or before."""

    permission = Permission.GRANT_POSTS
    http_method_names = ["post"]

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        held = self.held
        try:
            services.withdraw_post(actor=self.post_in_force, post=held)
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, f"已撤回{held.user.name}的任命。")
        return self.back()
