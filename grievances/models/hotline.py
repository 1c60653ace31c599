"""12345工单: what the hotline's platform says of a grievance, mirrored and never counted again."""

from __future__ import annotations

from django.db import models

from grievances.kinds import Grade
from grievances.models.core import Grievance
from portal.core.encryption import EncryptedTextField


class HotlineTicket(models.Model):
    """The ticket behind a grievance, as the last export had it; its number is the grievance's."""

    grievance = models.OneToOneField(Grievance, models.CASCADE, related_name="ticket")
    channel = models.CharField("信息来源", max_length=40, blank=True)
    #: 一级/二级/…: the hotline's classes, not our topics.
    classes = models.CharField("分类", max_length=204, blank=True)
    #: 承办单位 as it is written, and the unit of ours that it names.
    unit_words = models.CharField("承办单位", max_length=200, blank=True)
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    forward = EncryptedTextField("转办意见", blank=True, default="")
    is_closed = models.BooleanField("平台已办结", default=False)
    reply = EncryptedTextField("办理情况", blank=True, default="")
    replied_at = models.DateTimeField("答复时间", null=True, blank=True)
    satisfied = models.CharField("是否满意", max_length=40, blank=True)
    grade = models.CharField(max_length=1, choices=Grade, blank=True)
    solved = models.BooleanField("是否解决", null=True)
    #: The last export that had it.
    seen_at = models.DateTimeField()

    class Meta:
        verbose_name = "12345工单"

    def __str__(self) -> str:
        return f"工单 {self.grievance_id}"
