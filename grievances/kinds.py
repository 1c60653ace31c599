"""The axes of a grievance (domain §5) and what each value is called on screen."""

from __future__ import annotations

from typing import Final

from django.db.models import TextChoices

#: What the search calls them (``portal.search``).
SEARCH_KIND: Final = "grievance"


class Regime(TextChoices):
    """办理渠道: each with its own powers, papers and clocks."""

    LOCAL = "LOCAL", "走访收集"
    HOTLINE = "HOTLINE", "12345工单"
    PETITION = "PETITION", "信访件"


class Nature(TextChoices):
    ENQUIRY = "ENQUIRY", "咨询"
    HELP = "HELP", "求助"
    COMPLAINT = "COMPLAINT", "投诉"
    #: Of an offence against an administrative rule; 检举控告 of officials is not kept here.
    REPORT = "REPORT", "举报"
    PROPOSAL = "PROPOSAL", "建议"
    THANKS = "THANKS", "感谢"


class Source(TextChoices):
    HOME = "HOME", "走访"
    FIELD = "FIELD", "下访"
    RECEPTION = "RECEPTION", "接访"
    LETTER = "LETTER", "来信"
    PHONE = "PHONE", "来电"
    HOTLINE = "HOTLINE", "12345"
    BOX = "BOX", "意见箱"
    WEB = "WEB", "网上"
    MEETING = "MEETING", "会议"


class Urgency(TextChoices):
    ORDINARY = "ORDINARY", "一般"
    URGENT = "URGENT", "紧急"
    #: Danger to life or property: who to ring now stands on the form.
    CRITICAL = "CRITICAL", "特急"


class State(TextChoices):
    REGISTERED = "REGISTERED", "待受理"
    ACCEPTED = "ACCEPTED", "待交办"
    ASSIGNED = "ASSIGNED", "待签收"
    OBJECTED = "OBJECTED", "异议待裁定"
    IN_HAND = "IN_HAND", "办理中"
    #: Explained to the person, cannot be done yet; stays open with a day to look again.
    NOT_NOW = "NOT_NOW", "暂不具备条件"
    REPLIED = "REPLIED", "待审核"
    CONCLUDED = "CONCLUDED", "待回访"
    FOLLOWED_UP = "FOLLOWED_UP", "待归档"
    #: PETITION: 处理意见书 served; 30 days to ask for 复查.
    OPINION = "OPINION", "已出具处理意见书"
    IN_REVIEW = "IN_REVIEW", "复查中"
    REVIEWED = "REVIEWED", "已出具复查意见"
    IN_RECHECK = "IN_RECHECK", "复核中"
    FILED = "FILED", "已归档"
    NOT_OURS = "NOT_OURS", "非受理范围"
    LEGAL_PATH = "LEGAL_PATH", "已转法定途径"
    MERGED = "MERGED", "已并单"
    WITHDRAWN = "WITHDRAWN", "诉求人撤回"
    TERMINATED = "TERMINATED", "已终止"
    #: After 复核 the same facts and reasons are not accepted again (条例 第36条).
    NO_FURTHER = "NO_FURTHER", "不再受理"


#: Nothing is to be done any more.
ENDED: Final = frozenset(
    {
        State.FILED,
        State.NOT_OURS,
        State.LEGAL_PATH,
        State.MERGED,
        State.WITHDRAWN,
        State.TERMINATED,
        State.NO_FURTHER,
    }
)
OPEN: Final = frozenset(State) - ENDED


class Party(TextChoices):
    """Who somebody is to one grievance; a post may be several."""

    #: The office that registered and assigns it: 窗口受理, 管理员 of its street or district.
    DESK = "DESK", "受理单位"
    #: Those of the unit that leads.
    LEAD = "LEAD", "主办单位"
    CO_HANDLER = "CO_HANDLER", "协办单位"
    #: 首接责任人, the resident's contact from first word to last.
    OWNER = "OWNER", "您的联系人"
    #: Who approves for the office: 班子成员, 管理员.
    APPROVER = "APPROVER", "审批人"
    #: Who asks the resident: of no unit that handled it.
    ASKER = "ASKER", "回访人"
    #: Who has the power to supervise: the leaders of the place.
    SUPERVISOR = "SUPERVISOR", "督办人"
    #: The person who raised it, by the private link.
    RESIDENT = "RESIDENT", "诉求人"


class Part(TextChoices):
    LEAD = "LEAD", "主办"
    CO_HANDLER = "CO_HANDLER", "协办"


class Manner(TextChoices):
    """How it is passed on: a street orders only what is its own (domain §5)."""

    ASSIGN = "ASSIGN", "交办"
    COORDINATE = "COORDINATE", "吹哨协调"
    TRANSFER = "TRANSFER", "移送"
    REPORT_UP = "REPORT_UP", "报区协调"


class Result(TextChoices):
    """办理结果: what the office says of it."""

    SOLVED = "SOLVED", "已解决"
    PARTLY = "PARTLY", "部分解决"
    EXPLAINED = "EXPLAINED", "解释说明"
    #: 信访工作条例 第32条 has three; the second is EXPLAINED.
    SUPPORTED = "SUPPORTED", "支持"
    REFUSED = "REFUSED", "不予支持"


#: Which results a regime knows.
RESULTS: Final[dict[Regime, tuple[Result, ...]]] = {
    Regime.LOCAL: (Result.SOLVED, Result.PARTLY, Result.EXPLAINED),
    Regime.HOTLINE: (Result.SOLVED, Result.PARTLY, Result.EXPLAINED),
    Regime.PETITION: (Result.SUPPORTED, Result.EXPLAINED, Result.REFUSED),
}


class Grade(TextChoices):
    """群众评价 in five grades."""

    VERY_GOOD = "5", "非常满意"
    GOOD = "4", "满意"
    FAIR = "3", "基本满意"
    BAD = "2", "不满意"
    VERY_BAD = "1", "非常不满意"


#: What somebody else has to decide about: 重新办理 or 维持.
DISSATISFIED: Final = frozenset({Grade.BAD, Grade.VERY_BAD})


class Suggested(TextChoices):
    """What is learned from closed grievances and proposed for a new one."""

    TOPIC = "TOPIC", "分类"
    UNIT = "UNIT", "主办单位"
