"""What people write in the demo: requests about their personal data, messages about the portal."""

import datetime as dt
import uuid
from random import Random
from typing import Final, NamedTuple

from contacts.models import Resident
from contacts.services import rights
from contacts.services.rights import RightsEntry
from portal.accounts.models import Post
from portal.desk.services import FeedbackEntry, reply_feedback, send_feedback

_DAY: Final = dt.timedelta(days=1)
#: Who takes requests down, and who answers them.
_STREET: Final = "streetadmin"
_CLERK: Final = "clerk"


class _Asked(NamedTuple):
    """A request: how many days ago, by whom taken down ("" on the public page), what became of it."""

    kind: str
    days: int
    text: str
    taken_by: str = ""
    owner: str = ""
    outcome: str = ""
    answer: str = ""


_REQUESTS: Final = (
    _Asked("COPY", 1, "想看看社区记了我们家哪些情况。"),
    _Asked("CORRECTION", 4, "电话换成现在这个号了，老号码请去掉。", taken_by=_CLERK),
    _Asked("DELETION", 13, "房子去年就卖了，人不在这里住，不要再留我的电话。", owner=_STREET),
    _Asked("COPY", 9, "替母亲问一下走访记录，她眼睛不好，最好打印出来。", taken_by=_CLERK),
    _Asked(
        "CORRECTION",
        26,
        "孩子的出生年份写错了。",
        owner=_STREET,
        outcome="DONE",
        answer="已核对户口簿并更正，谢谢您告诉我们。",
    ),
    _Asked(
        "DELETION",
        40,
        "不希望留任何走访记录。",
        owner=_STREET,
        outcome="PARTLY",
        answer="您的电话和出生年份已经删除。走访的日期和反映的事按规定要留存，文字里的姓名已遮住。"
        "如有不同意见，可以向街道或网信部门反映。",
    ),
)


class _Written(NamedTuple):
    """A message about the portal: who, how many days ago, and the answer if there is one."""

    username: str
    kind: str
    days: int
    text: str
    page: str = ""
    unnamed: bool = False
    reply: str = ""


_MESSAGES: Final = (
    _Written("worker", "WISH", 2, "扫楼时希望能按单元从高层往低层排。", "/contacts/visits/round/"),
    _Written("worker", "TROUBLE", 6, "同一件事日报还要再填一遍，能不能少填。", unnamed=True),
    _Written(
        "officer",
        "FAULT",
        11,
        "地铁里没有信号，点了保存不知道记上没有。",
        "/contacts/visits/new/",
        reply="已能离线：页面上会写“待发送”，有信号后自动送出。",
    ),
    _Written(
        "delegate",
        "WISH",
        18,
        "接访前想先看到来访人以前反映过什么。",
        reply="收到。正在商量怎样做到，又不多看个人信息。",
    ),
    _Written("leader", "TROUBLE", 3, "数字页在手机上要往下翻很久。", "/contacts/figures/"),
)


def write(rng: Random, *, now: dt.datetime) -> None:
    """In the places of the named accounts."""
    posts = {
        post.user.username: post
        for post in Post.objects.filter(user__is_demo=True)
        .select_related("user", "organisation")
        .order_by("-pk")
    }
    _write_requests(rng, posts, now)
    _write_messages(rng, posts, now)


def _write_requests(rng: Random, posts: dict[str, Post], now: dt.datetime) -> None:
    street = posts[_STREET]
    people = list(
        Resident.objects.filter(household__street_id=street.organisation_id, left_on=None)
        .exclude(phone_index="")
        .select_related("household__building")
        .order_by("pk")
    )
    for asked, resident in zip(_REQUESTS, rng.sample(people, len(_REQUESTS)), strict=True):
        home = resident.household
        entry = RightsEntry(
            client_id=_uuid(rng),
            kind=asked.kind,
            community_id=home.community_id,
            name=resident.name,
            phone=resident.phone,
            address=f"{home.building.name} {home.door}",
            text=asked.text,
        )
        at = now - asked.days * _DAY
        taker = posts[asked.taken_by] if asked.taken_by else None
        request, _ = rights.file_request(actor=taker, entry=entry, now=at)
        if asked.owner:
            owner = posts[asked.owner]
            rights.assign(actor=street, request_id=request.pk, user_id=owner.user_id, now=at)
            rights.link_household(actor=street, request_id=request.pk, household_id=home.pk)
        if asked.outcome:
            if asked.owner and asked.kind == "COPY":
                rights.note_copied(actor=street, request_id=request.pk, household=home)
            rights.answer(
                actor=street,
                request_id=request.pk,
                outcome=asked.outcome,
                words=asked.answer,
                checked=not asked.owner,
                now=at + rng.randint(2, 9) * _DAY,
            )


def _write_messages(rng: Random, posts: dict[str, Post], now: dt.datetime) -> None:
    for one in _MESSAGES:
        at = now - one.days * _DAY
        entry = FeedbackEntry(
            client_id=_uuid(rng), kind=one.kind, text=one.text, page=one.page, unnamed=one.unnamed
        )
        message = send_feedback(actor=posts[one.username], entry=entry, now=at)
        if one.reply:
            reply_feedback(
                actor=posts["districtadmin"],
                message_id=message.pk,
                words=one.reply,
                now=at + 2 * _DAY,
            )


def _uuid(rng: Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)
