"""12345工单: official numbers and days, and what the platform shows of each."""

import datetime as dt
from random import Random
from typing import Final

from grievances.kinds import ENDED, State
from grievances.models import FollowUp, Grievance, HotlineTicket
from portal.desk.demo.grievances.history import History, World
from portal.desk.demo.grievances.kinds import Theme
from portal.desk.demo.rhythm import ZONE

_DAYS: Final = (3, 5, 7, 7, 7, 15)
_CHANNELS: Final = ("市民热线电话", "市民热线电话", "微信小程序", "网站", "新媒体")
_FORWARD: Final = (
    "请<单位>{核实办理|按职责办理}，{于时限前|限期}回复{市民|反映人}并{回填|办结}。",
)
_SATISFIED: Final = {"5": "满意", "4": "满意", "3": "基本满意", "2": "不满意", "1": "不满意"}


def number(rng: Random, grievance: Grievance, serial: int) -> None:
    """The platform's number and its own limit: a day at half past five."""
    at = grievance.received_at.astimezone(ZONE)
    day = at.date() + dt.timedelta(days=rng.choice(_DAYS))
    grievance.official_number = f"{at:%Y%m%d}-{serial + 10_000:06d}"
    grievance.official_state = "办理中"
    grievance.official_due_at = dt.datetime(day.year, day.month, day.day, 17, 30, tzinfo=ZONE)


def ticket_of(world: World, history: History, theme: Theme) -> HotlineTicket:
    """As the last export had it: closed ones with the reply and what the resident said."""
    row, street = history.grievance, history.office.street
    is_closed = row.state == State.FILED
    said = [f for f in history.follow_ups if f.outcome == FollowUp.Outcome.ANSWERED]
    verdict = said[-1] if is_closed and said else None
    if row.state in ENDED and not is_closed:
        row.official_state = "已退回"
    return HotlineTicket(
        grievance=row,
        channel=world.rng.choice(_CHANNELS),
        classes=theme.classes,
        unit_words=street.name,
        unit=street,
        forward=world.pen.write(_FORWARD, 单位=street.name),
        is_closed=is_closed,
        reply=history.opinions[-1].reply if is_closed else "",
        replied_at=row.replied_at if is_closed else None,
        satisfied=_SATISFIED[verdict.grade] if verdict else "",
        grade=verdict.grade if verdict else "",
        solved=verdict.was_solved if verdict else None,
        seen_at=history.at,
    )
