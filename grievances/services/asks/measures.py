"""应急处置 and 根治方案: the roof is covered today, repaired in spring. Neither closes the case."""

from __future__ import annotations

from grievances.models import Measure
from grievances.selectors.beside import measures_to_end
from grievances.services.asks.common import Asked, Done, pick
from portal.core.errors import DomainError
from portal.core.periods import day_of


def add_measure(asked: Asked) -> Done:
    """What is done now, or what will mend it, by which day if that is known."""
    entry = asked.entry
    if entry.kind not in Measure.Kind.values:
        raise DomainError("请选应急处置或根治方案。", field="kind")
    if entry.day is not None and entry.day < day_of(asked.now):
        raise DomainError(
            "计划完成的日期不能早于今天；已经做完的请先记下，再登记完成。", field="day"
        )
    made = Measure.objects.create(
        grievance=asked.grievance,
        kind=entry.kind,
        words=entry.reason.strip(),
        unit_id=asked.unit_id,
        by=asked.actor,
        at=asked.now,
        due_on=entry.day,
    )
    return Done(f"{made.get_kind_display()}：{made.words}")


def measure_done(asked: Asked) -> Done:
    """The day on which it was done; not one ahead."""
    open_ones = asked.grievance.measures.filter(done_on__isnull=True)
    rows = measures_to_end(asked.actor, asked.parties, open_ones)
    found = pick(rows, asked.entry.which, none="没有还没完成的措施。")
    day = asked.entry.done_on
    if day is None:
        raise DomainError("请填完成日期。", field="done_on")
    if not asked.grievance.received_on <= day <= day_of(asked.now):
        raise DomainError("完成日期在收到诉求以后，不能晚于今天。", field="done_on")
    found.done_on = day
    found.save(update_fields=["done_on"])
    return Done(f"{found.get_kind_display()}已完成（{day.month}月{day.day}日）：{found.words}")
