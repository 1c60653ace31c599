"""Invented data for /help/style/: one sample of everything a fragment may be given."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils import timezone


class SampleForm(forms.Form):
    """Shows every kind of field, and what an error looks like."""

    CONTACT = (("met", "见到人"), ("absent", "无人在家"), ("declined", "婉拒"))
    TOPICS = (("repair", "房屋修缮"), ("care", "养老照料"), ("noise", "噪声扰民"))

    contact = forms.ChoiceField(
        label="见到了吗",
        choices=CONTACT,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择一项，没见到人也请照实选。"},
    )
    occurred = forms.DateTimeField(
        label="走访时间",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"required": "请填写走访时间，补记的填实际走访的时间。"},
    )
    topic = forms.ChoiceField(label="主题", choices=TOPICS, required=False)
    text = forms.CharField(
        label="聊了什么",
        required=False,
        help_text="可以不写。一般走访选“见到人”保存即可。",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    told = forms.BooleanField(label="已当面告知下次来访时间", required=False)


class SampleFilter(forms.Form):
    """Shows the filter bar."""

    q = forms.CharField(label="按主题搜索", required=False, help_text="漏水、加装电梯…")
    contact = forms.ChoiceField(
        label="结果", required=False, choices=(("", "全部"), *SampleForm.CONTACT)
    )
    since = forms.DateField(
        label="自", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


@dataclass(frozen=True)
class SamplePage:
    """Stands where a list puts its KeyPage."""

    count_text: str = "1000+ 条"
    has_next: bool = True
    next_cursor: str = "next"
    has_previous: bool = True
    previous_cursor: str = "previous"


def _door() -> dict[str, Any]:
    return {
        "place": "八角街道 · 八角北里社区 · 第3网格",
        "address": "12号楼 2单元 301",
        "badges": [{"text": "独居老人"}, {"text": "高龄老人"}],
        "known": [
            "2026-11-03 已问过用药，每周三去八角社区卫生服务中心取。",
            "答应帮忙联系楼道扶手，12月1日前回话。",
        ],
        "people": [
            {"name": "陈玉兰", "detail": "户主 · 82岁", "phone": "010-0000 1234", "tel": "01000001234"},
            {"name": "周*", "detail": "女儿 · 常来照看", "phone": "138****5678"},
        ],
        "facts": [
            {"label": "责任人", "text": "李敏 · 2025-03-01 起"},
            {"label": "上次走访", "text": "2026-11-03 周二，距今 19 天"},
        ],
        "actions": [
            {"url": "#form", "text": "记走访", "primary": True},
            {"url": "#form", "text": "修改住户"},
        ],
    }  # fmt: skip


def _history(now: dt.datetime) -> list[dict[str, Any]]:
    return [
        {
            "when": now - dt.timedelta(days=19),
            "title": "走访",
            "url": "#timeline",
            "who": "李敏",
            "text": "身体还好，血压药在吃。反映楼道二层扶手松动，已报社区，等物业回话。",
            "badge": "1 件事项",
            "met": True,
        },
        {
            "when": now - dt.timedelta(days=47),
            "title": "走访",
            "who": "李敏、王建国",
            "badge": "无人在家",
        },
        {"when": now - dt.timedelta(days=90), "title": "电话", "who": "李敏", "met": True},
    ]


def _week(today: dt.date) -> list[dict[str, Any]]:
    monday = today - dt.timedelta(days=today.weekday())
    counts = (2, 0, 1, 3, 0, 0, 0)
    return [
        {
            "date": monday + dt.timedelta(days=number),
            "count": count,
            "url": "#week",
            "today": number == today.weekday(),
            "selected": number == 3,  # noqa: PLR2004 -- a Thursday, as good as any
        }
        for number, count in enumerate(counts)
    ]


def samples() -> dict[str, Any]:
    """Give the style page one of everything."""
    now = timezone.now()
    return {
        "form": SampleForm(initial={"contact": "met"}),
        "wrong_form": SampleForm({"topic": "repair"}, prefix="wrong"),
        "filter_form": SampleFilter({"q": "漏水", "contact": "met"}, auto_id="filter_%s"),
        "chips": [{"label": "见到人", "url": "#filters"}, {"label": "本周", "url": "#filters"}],
        "page": SamplePage(),
        "door": _door(),
        "entries": _history(now),
        "days": _week(timezone.localdate()),
        "now": now,
    }
