"""诉求分类: the tree, one topic, and what the district's administrator changes of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView

from grievances.forms.topics import (
    AliasesForm,
    MergeTopicForm,
    MoveTopicForm,
    NewTopicForm,
    RenameTopicForm,
)
from grievances.models import Topic
from grievances.models.topics import DEEPEST
from grievances.selectors.topics import topic_choices, topic_page
from grievances.services import topics as services
from portal.accounts.permissions import Permission
from portal.accounts.scope import PostMixin
from portal.core.errors import DomainError


class TopicMixin(PostMixin):
    """The topic of the address, ended ones too; none is the whole tree."""

    kwargs: dict[str, Any]

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    @cached_property
    def topic(self) -> Topic | None:
        if "code" not in self.kwargs:
            return None
        rows = Topic.objects.select_related("merged_into", "parent")
        topic: Topic = get_object_or_404(rows, code=self.kwargs["code"])
        return topic

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        topic = self.topic
        may_manage = self.post_in_force.may(Permission.MANAGE_TOPICS)
        is_open = topic is None or topic.in_force(self.today)
        return context | {
            "topic": topic,
            "is_ended": not is_open,
            "may_manage": may_manage and is_open,
            "may_add": may_manage and is_open and (topic is None or topic.level < DEEPEST),
        }


class TopicTreeView(TopicMixin, TemplateView):
    """The first level, each with what lies below it."""

    permission = Permission.SEE_GRIEVANCES
    template_name = "grievances/topic.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(page=topic_page(self.topic, today=self.today), **kwargs)


class TopicView(TopicTreeView):
    """One topic with what lies directly below it."""


class TopicNewView(TopicMixin, FormView):
    """Make one below a topic, or of the first level."""

    permission = Permission.MANAGE_TOPICS
    template_name = "grievances/topic_new.html"
    form_class = NewTopicForm

    def form_valid(self, form: NewTopicForm) -> HttpResponse:
        above = self.topic
        try:
            made = services.add_topic(
                actor=self.post_in_force,
                entry=services.NewTopic(
                    name=form.cleaned_data["name"],
                    parent=above.code if above else "",
                    aliases=form.cleaned_data["aliases"],
                ),
                today=self.today,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
            return self.form_invalid(form)
        messages.success(self.request, f"已建立“{made.name}”，代码 {made.code}。")
        return redirect(above or "grievances:topics")


class TopicEditView(TopicMixin, TemplateView):
    """Other words, another place, a merger, an end; each a form of its own."""

    permission = Permission.MANAGE_TOPICS
    template_name = "grievances/topic_edit.html"

    def forms(self, data: Any = None, asked: str = "") -> dict[str, forms.Form]:
        topic = self._topic
        places = topic_choices(today=self.today, without=topic)
        above = [(code, name) for code, name in places if code != self._above]

        def typed(name: str) -> Any:
            return data if name == asked else None

        return {
            "rename": RenameTopicForm(typed("rename"), initial={"name": topic.name}),
            "alias": AliasesForm(typed("alias"), initial={"aliases": topic.aliases}),
            "move": MoveTopicForm(typed("move"), places=above),
            "merge": MergeTopicForm(typed("merge"), places=places),
            "end": forms.Form(typed("end")),
        }

    @property
    def _topic(self) -> Topic:
        if self.topic is None:
            raise Http404
        return self.topic

    @property
    def _above(self) -> str:
        parent = self._topic.parent
        return parent.code if parent else ""

    def post(self, request: HttpRequest, **_kwargs: Any) -> HttpResponse:
        asked = request.POST.get("do", "")
        found = self.forms(request.POST, asked)
        form = found.get(asked)
        if form is None:
            raise Http404
        if form.is_valid():
            try:
                words = self._actions[asked](form.cleaned_data)
            except DomainError as error:
                form.add_error(error.field if error.field in form.fields else None, error.message)
            else:
                messages.success(request, words)
                return redirect("grievances:topic", code=self._topic.code)
        return self.render_to_response(self.get_context_data(forms=found, failed=form))

    @property
    def _told(self) -> dict[str, Any]:
        return {"actor": self.post_in_force, "code": self._topic.code, "today": self.today}

    @property
    def _actions(self) -> dict[str, Callable[[dict[str, Any]], str]]:
        return {
            "rename": self._rename,
            "alias": self._alias,
            "move": self._move,
            "merge": self._merge,
            "end": self._end,
        }

    def _rename(self, data: dict[str, Any]) -> str:
        topic = services.rename_topic(**self._told, name=data["name"])
        return f"已改名为“{topic.name}”，以前的诉求仍显示当时的名称。"

    def _alias(self, data: dict[str, Any]) -> str:
        services.set_aliases(**self._told, aliases=data["aliases"])
        return "别名已保存。"

    def _move(self, data: dict[str, Any]) -> str:
        topic = services.move_topic(**self._told, parent=data["parent"])
        return f"“{topic.name}”已移到{f'“{topic.parent.name}”下面' if topic.parent else '第一级'}。"

    def _merge(self, data: dict[str, Any]) -> str:
        kept = services.merge_topic(**self._told, into=data["into"])
        return f"已并入“{kept.name}”，以前的诉求不变。"

    def _end(self, _data: dict[str, Any]) -> str:
        topic = services.end_topic(**self._told)
        return f"“{topic.name}”从今天起停用，以前的诉求不变。"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs.setdefault("forms", self.forms())
        return super().get_context_data(**kwargs)
