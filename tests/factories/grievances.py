"""Grievances as the services make them."""

from __future__ import annotations

import datetime as dt
import uuid

from django.utils import timezone

from grievances.models import Grievance
from grievances.services.asking import make_ask
from grievances.services.asks.common import AskEntry
from grievances.services.moving import MoveEntry, UnitEntry, make_move
from grievances.services.registering import GrievanceEntry, RaiserEntry, register
from portal.accounts.models import Organisation, Post
from portal.accounts.roles import Role
from tests.factories.accounts import make_post

TEXT = "楼门口的路灯坏了一个多月，晚上老人下楼看不见台阶。"


def entry_for(unit: Organisation, **changes: object) -> GrievanceEntry:
    told: dict[str, object] = {
        "client_id": uuid.uuid4(),
        "text": TEXT,
        "source": "PHONE",
        "unit_id": unit.pk,
        "raiser": RaiserEntry(name="王秀英", phone="13800131234"),
        **changes,
    }
    return GrievanceEntry(**told)  # type: ignore[arg-type]


def make_grievance(
    unit: Organisation,
    *,
    post: Post | None = None,
    now: dt.datetime | None = None,
    **changes: object,
) -> Grievance:
    """A grievance of a place, registered by the clerk of its street unless said."""
    now = now or timezone.now()
    street = unit if unit.kind == "STREET" else unit.street
    post = post or make_post(Role.CLERK, street)
    return register(actor=post, entry=entry_for(unit, **changes), now=now)


#: What each move needs to be said with, for a test that only wants it made.
SAID: dict[str, dict[str, object]] = {
    "decline": {
        "reason": "属市属路段",
        "where": "市交通委 12328",
        "public_words": "这件事由市里管。",
    },
    "legal_path": {"reason": "已起诉", "where": "区法院立案庭", "public_words": "请等法院判决。"},
    "object": {"reason": "路灯由供电公司维护"},
    "overrule_objection": {"reason": "属本科室职责"},
    "recall": {"reason": "派错了"},
    "not_now": {"reason": "等明年预算", "public_words": "今年没有钱，明年三月再看。"},
    "resume": {"reason": "预算已批"},
    "reply": {"reply": "已更换灯具两盏。", "result": "SOLVED", "public_words": "灯换好了。"},
    "return": {"reason": "没有说明哪天换的"},
    "reopen": {"reason": "只换了一盏"},
    "issue_opinion": {
        "reply": "予以支持。",
        "result": "SUPPORTED",
        "public_words": "支持您的请求。",
    },
    "ask_review": {"reason": "对处理意见不服"},
    "review": {"reply": "维持。", "result": "REFUSED", "public_words": "复查后维持原来的意见。"},
    "ask_recheck": {"reason": "对复查意见不服"},
    "recheck": {"reply": "维持。", "result": "REFUSED", "public_words": "复核后维持原来的意见。"},
    "file_petition": {"reason": "期满未请求复查"},
    "withdraw": {"reason": "本人来电说不用办了"},
    "terminate": {"reason": "同一事项已由法院受理", "public_words": "这件事法院在办。"},
}


def move(
    grievance: Grievance, key: str, post: Post, *, now: dt.datetime | None = None, **said: object
) -> Grievance:
    """Make the move with what it needs; ``said`` goes before."""
    now = now or timezone.now()
    day = timezone.localdate(now) + dt.timedelta(days=90)
    told: dict[str, object] = {"day": day, **SAID.get(key, {}), **said}
    if isinstance(told.get("co_handlers"), list):
        told["co_handlers"] = tuple(
            UnitEntry(unit_id=unit.pk)
            for unit in told["co_handlers"]  # type: ignore[attr-defined]
        )
    return make_move(
        actor=post,
        number=grievance.number,
        key=key,
        entry=MoveEntry(**told),  # type: ignore[arg-type]
        now=now,
    )


#: What each ask needs to be said with.
ASKED: dict[str, dict[str, object]] = {
    "ask_extension": {"length": 5, "reason": "配件下周才到"},
    "decide_extension": {
        "is_approved": True,
        "reason": "同意，抓紧",
        "public_words": "灯具要下周才到，多等五天。",
    },
    "co_reply": {"reply": "已通知楼门长。"},
    "uphold": {"reason": "现场复核灯已亮", "public_words": "我们又去看了，灯是亮的。"},
    "supervise": {"reason": "三天内修好", "day": "in three days"},
    "directive": {"reason": "请城管办说明为什么拖了一个月", "day": "in three days"},
    "reply_supervision": {"reply": "灯具已订，周五安装。"},
    "add_measure": {"kind": "EMERGENCY", "reason": "先装了临时灯"},
    "measure_done": {"done_on": "today"},
}


def ask(
    grievance: Grievance, key: str, post: Post, *, now: dt.datetime | None = None, **said: object
) -> Grievance:
    """Make the ask with what it needs; ``said`` goes before."""
    now = now or timezone.now()
    today = timezone.localdate(now)
    days = {"today": today, "in three days": today + dt.timedelta(days=3)}
    told = {**ASKED.get(key, {}), **said}
    for name in ("day", "done_on"):
        if isinstance(told.get(name), str):
            told[name] = days[told[name]]  # type: ignore[index]
    return make_ask(
        actor=post,
        number=grievance.number,
        key=key,
        entry=AskEntry(**told),  # type: ignore[arg-type]
        now=now,
    )
