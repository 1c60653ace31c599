"""督办, 批示 and 催办: a word from above or from beside, and the reply to it."""

from __future__ import annotations

from grievances.models import Supervision
from grievances.selectors.beside import was_chased
from grievances.services.asks.common import Asked, Done, pick
from portal.core.errors import DomainError


def supervise(asked: Asked) -> Done:
    """督办: what is to be done, and by which day there is a reply."""
    return _keep(asked, Supervision.Kind.SUPERVISE)


def directive(asked: Asked) -> Done:
    """批示: a leader's sentence becomes an item with a day and a reply."""
    return _keep(asked, Supervision.Kind.DIRECTIVE)


def reply_supervision(asked: Asked) -> Done:
    """What was done about it; replied to once."""
    rows = list(asked.grievance.supervisions.filter(replied_at__isnull=True))
    found = pick(rows, asked.entry.which, none="没有等回复的督办、批示。")
    found.reply, found.replied_by = asked.entry.reply.strip(), asked.actor
    found.replied_at = asked.now
    found.save(update_fields=["reply", "replied_by", "replied_at"])
    return Done(f"回复{found.get_kind_display()}：{found.reply}")


def chase(asked: Asked) -> Done:
    """催办: once a day, whoever it is, and nobody the own unit."""
    if asked.actor.organisation_id in asked.handlers.units:
        raise DomainError("这件诉求由您的单位办理，不能催办自己。")
    if was_chased(asked.grievance.events.filter(move=asked.ask.key), asked.now):
        raise DomainError("今天已经催办过，明天再催。")
    return Done(asked.entry.reason.strip())


def _keep(asked: Asked, kind: Supervision.Kind) -> Done:
    day = asked.entry.day
    if day is None:
        raise DomainError("请填日期。", field="day")
    words = asked.entry.reason.strip()
    Supervision.objects.create(
        grievance=asked.grievance,
        kind=kind,
        words=words,
        by=asked.actor,
        at=asked.now,
        due_on=day,
    )
    return Done(f"{words}（{day.month}月{day.day}日前回复）")
