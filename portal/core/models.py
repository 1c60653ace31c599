"""The one table of the ground floor: days of the working calendar set by hand."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

LONGEST_NAME = 20  # of a day, in characters


class CalendarDay(models.Model):
    """A day that is worked, or not, whatever the announced calendar says of it."""

    day = models.DateField("日期", unique=True)
    is_working = models.BooleanField("上班")
    name = models.CharField("名称", max_length=LONGEST_NAME)
    #: Plain columns: users live above. ``None`` is the system.
    set_by_id = models.BigIntegerField("登记人", null=True)
    set_by_username = models.CharField("登记账号", max_length=150, blank=True)
    set_at = models.DateTimeField("登记时间")

    class Meta:
        ordering = ("day",)
        verbose_name = "工作日历"
        constraints = (
            models.CheckConstraint(name="core_calendar_day_named", condition=~Q(name="")),
        )

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
