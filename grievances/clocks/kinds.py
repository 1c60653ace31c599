"""The words of a clock: which step it limits, from what it starts, in what it counts."""

from __future__ import annotations

from django.db.models import TextChoices


class Unit(TextChoices):
    """In what a period is counted."""

    DAYS = "DAYS", "自然日"
    WORKING_DAYS = "WORKING_DAYS", "工作日"
    #: Run through nights, weekends and holidays from the moment itself (民法典 第201条第2款).
    HOURS = "HOURS", "小时"
    #: Somebody else has set the date; it is kept, never computed (12345工单).
    STATED = "STATED", "以注明的时限为准"


class Step(TextChoices):
    """What has to be done by then."""

    CONTACT = "CONTACT", "首次联系诉求人"
    FORWARD = "FORWARD", "登记并转送交办"
    INFORM = "INFORM", "告知是否受理"
    ACKNOWLEDGE = "ACKNOWLEDGE", "告知接收情况"
    SIGN = "SIGN", "签收"
    OBJECT = "OBJECT", "提出异议"
    SETTLE = "SETTLE", "办结"
    FOLLOW_UP = "FOLLOW_UP", "回访"
    ASK_REVIEW = "ASK_REVIEW", "请求复查"
    REVIEW = "REVIEW", "复查"
    ASK_RECHECK = "ASK_RECHECK", "请求复核"
    RECHECK = "RECHECK", "复核"


class Start(TextChoices):
    """What the period counts from."""

    RECEIVED = "RECEIVED", "收到"
    FORWARDED = "FORWARDED", "收到转送交办"
    ASSIGNED = "ASSIGNED", "派给承办单位"
    ACCEPTED = "ACCEPTED", "受理"
    REPLIED = "REPLIED", "收到书面答复"
    REVIEW_ASKED = "REVIEW_ASKED", "收到复查请求"
    REVIEWED = "REVIEWED", "收到复查意见"
    RECHECK_ASKED = "RECHECK_ASKED", "收到复核请求"
