"""What somebody without an account fills in behind an 办理链接."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from grievances.selectors.handler_links import HandlerPage, Step
from grievances.services.handler_links import MORE_TIME, OBJECT, REPLY, SIGN, LinkEntry
from grievances.services.move_checks import REASON_LIMIT, REPLY_LIMIT, WORDS_LIMIT
from portal.core.fields import TextField

_SIGN: Final = (SIGN, "签收，由我们办理")
_OBJECT: Final = (OBJECT, "提出异议，不该我们办")
_REPLY: Final = (REPLY, "办好了，答复")
_MORE_TIME: Final = (MORE_TIME, "来不及，申请延期")


def _text(label: str, limit: int, rows: int, help_text: str = "") -> TextField:
    return TextField(
        label=label,
        required=False,
        max_length=limit,
        widget=forms.Textarea(attrs={"rows": rows}),
        help_text=help_text,
    )


class HandlerForm(forms.Form):
    """Fields of the step; the service refuses what is missing, at its field."""

    does = forms.ChoiceField(
        label="怎么办",
        widget=forms.RadioSelect,
        error_messages={"required": "请选要办的事。", "invalid_choice": "请选要办的事。"},
    )

    def __init__(self, *args: Any, page: HandlerPage, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = self._add_sign(page) if page.step == Step.SIGN else self._add_reply(page)
        does = self.fields["does"]
        assert isinstance(does, forms.ChoiceField)  # noqa: S101 -- narrows the type
        does.choices = choices
        if len(choices) == 1:
            does.initial, does.widget = choices[0][0], forms.HiddenInput()

    def _add_sign(self, page: HandlerPage) -> list[tuple[str, str]]:
        if not page.is_lead:
            return [_SIGN]
        self.fields["reason"] = _text(
            "异议的理由", REASON_LIMIT, 3, "提出异议时填：该由谁办、为什么。"
        )
        return [_SIGN, _OBJECT]

    def _add_reply(self, page: HandlerPage) -> list[tuple[str, str]]:
        if page.is_lead:
            self.fields["result"] = forms.ChoiceField(
                label="办理结果", choices=page.results, required=False, widget=forms.RadioSelect
            )
        self.fields["reply"] = _text(
            "答复内容", REPLY_LIMIT, 5, "办了什么、哪天、谁办的；没办成的写明原因。"
        )
        if page.is_lead:
            self.fields["public_words"] = _text(
                "给居民看的话", WORDS_LIMIT, 3, "用大白话写，不写姓名、电话和门牌。居民会看到。"
            )
        if page.room is None:
            return [_REPLY]
        self.fields["length"] = forms.IntegerField(
            label=f"要延长几{page.room.unit}",
            required=False,
            min_value=1,
            max_value=page.room.most,
            help_text=f"申请延期时填，最多 {page.room.most} {page.room.unit}。由街道批准后才算数。",
            error_messages={"invalid": "请填整数。"},
        )
        self.fields["reason"] = _text("为什么需要更多时间", REASON_LIMIT, 3, "申请延期时填。")
        return [_REPLY, _MORE_TIME]

    def entry(self) -> LinkEntry:
        """What was sent. Needs a valid form."""
        told = self.cleaned_data
        return LinkEntry(
            does=told["does"],
            reason=told.get("reason", ""),
            result=told.get("result", ""),
            reply=told.get("reply", ""),
            public_words=told.get("public_words", ""),
            length=told.get("length"),
        )

    def choice_names(self) -> set[str]:
        return {"does", "result"} & {field.name for field in self.visible_fields()}
