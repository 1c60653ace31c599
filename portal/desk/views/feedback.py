"""反馈箱: the own messages and their replies; the district's, for who answers."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.generic import FormView
from django.views.generic.detail import SingleObjectMixin

from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin, ScopedMixin
from portal.core.errors import DomainError
from portal.core.paging import paginate
from portal.desk import feedback, services
from portal.desk.forms import FeedbackForm, ReplyForm
from portal.desk.models import Feedback, FeedbackQuerySet

_SIZE = 20


class FeedbackView(PostMixin, FormView):
    """Writing a message, and what became of the earlier ones."""

    permission = Permission.USE_PORTAL
    form_class = FeedbackForm
    template_name = "desk/feedback.html"

    def get_initial(self) -> dict[str, Any]:
        return super().get_initial() | {
            "page": services.path_of(self.request.GET.get("page", "")),
            "kind": Feedback.Kind.TROUBLE,
        }

    def form_valid(self, form: FeedbackForm) -> HttpResponse:
        try:
            services.send_feedback(actor=self.post_in_force, entry=form.entry(), now=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已收到。答复会出现在今日页和这里。")
        return HttpResponseRedirect(reverse("desk:feedback"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post = self.post_in_force
        page = paginate(
            feedback.own_messages(post),
            order=feedback.ORDER,
            cursor=self.request.GET.get("cursor"),
            size=_SIZE,
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": feedback.lines(page.items, post=post),
            "may_answer": post.may(Permission.ANSWER_FEEDBACK),
        }


class FeedbackBoxView(PostMixin, FormView):
    """The district's messages."""

    permission = Permission.ANSWER_FEEDBACK
    form_class = ReplyForm
    template_name = "desk/feedback_box.html"
    http_method_names = ("get", "head", "options")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        post, answered = self.post_in_force, self.request.GET.get("state") == feedback.ANSWERED
        page = paginate(
            feedback.box(post, answered=answered),
            order=feedback.ORDER,
            cursor=self.request.GET.get("cursor"),
            size=_SIZE,
        )
        return super().get_context_data(**kwargs) | {
            "page": page,
            "lines": feedback.lines(page.items, post=post),
            "answered": answered,
            "scope": post.organisation.name,
            "export_url": self.export_url("feedback"),
        }


class FeedbackReplyView(ScopedMixin, SingleObjectMixin, FormView):
    """One message of the district, to take and to answer."""

    permission = Permission.ANSWER_FEEDBACK
    model = Feedback
    form_class = ReplyForm
    template_name = "desk/feedback_reply.html"

    @cached_property
    def message(self) -> Feedback:
        found: Feedback = self.get_object()
        return found

    def get_queryset(self) -> FeedbackQuerySet:
        rows: FeedbackQuerySet = super().get_queryset()
        rows = rows.filter(district_id=self.post_in_force.district_id)
        return rows.select_related("user", "owner", "street")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.message
        return super().get(request, *args, **kwargs)

    def get_initial(self) -> dict[str, Any]:
        """SECURITY: a colleague's answer is shown beside the field, with people hidden in it."""
        is_mine = self.message.owner_id == self.post_in_force.user_id
        return super().get_initial() | {"reply": self.message.reply if is_mine else ""}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.message
        if request.POST.get("do") != "take":
            answer: HttpResponse = super().post(request, *args, **kwargs)
            return answer
        services.take_feedback(actor=self.post_in_force, message_id=self.message.pk)
        messages.success(request, "这条意见由您来答复。")
        return redirect("desk:feedback_reply", self.message.pk)

    def form_valid(self, form: ReplyForm) -> HttpResponse:
        try:
            services.reply_feedback(
                actor=self.post_in_force,
                message_id=self.message.pk,
                words=form.cleaned_data["reply"],
                now=timezone.now(),
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, "已答复，提意见的人在今日页看得到。")
        return redirect("desk:feedback_box")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        line = feedback.line_of(self.message, post=self.post_in_force)
        return super().get_context_data(**kwargs) | {"line": line}
