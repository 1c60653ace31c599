"""What is typed into the pages of the desk."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms

from portal.core.fields import TextField
from portal.desk.models import Feedback
from portal.desk.services import TEXT_LIMIT, FeedbackEntry


class FeedbackForm(forms.Form):
    """A complaint or wish about the portal itself."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label="是哪一类",
        choices=Feedback.Kind,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择是哪一类意见。"},
    )
    text = TextField(
        label="内容",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="遇到了什么，希望怎样。不要写居民的姓名、电话。",
        error_messages={"required": "请写明遇到了什么，或者希望怎样。"},
    )
    page = forms.CharField(label="页面", required=False, max_length=500, widget=forms.HiddenInput)
    unnamed = forms.BooleanField(
        label="不显示我的姓名",
        required=False,
        help_text="答复的人只看到您所在的街道。系统里仍存有您的账号，用来把答复送回给您；"
        "审计日志只记您提交过意见，不记是哪一条。",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("client_id", uuid.uuid4())

    def entry(self) -> FeedbackEntry:
        return FeedbackEntry(**self.cleaned_data)


class ReplyForm(forms.Form):
    reply = TextField(
        label="答复",
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="写给提意见的人：怎样处理，什么时候能改好，或者为什么不改。",
        error_messages={"required": "请写明答复。"},
    )
