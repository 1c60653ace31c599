"""Messages to people outside."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from portal.core.encryption import EncryptedTextField
from portal.notices.kinds import Channel, Failure, State
from portal.notices.querysets import OutgoingQuerySet


class Outgoing(models.Model):
    """外发消息: one text to one address. No page shows it; who asked is told what became of it.

    The row is the truth, a message of Celery only wakes a worker.
    """

    #: What repeats are known by: of the caller, of the gateway, of a mail program.
    uid = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    channel = models.CharField("方式", max_length=8, choices=Channel)
    #: The three are erased some days after the end (``OUTGOING_KEPT_DAYS``).
    address = EncryptedTextField("收件人")
    subject = EncryptedTextField("标题", blank=True)
    text = EncryptedTextField("内容")
    state = models.CharField("状态", max_length=8, choices=State, default=State.WAITING)
    #: Tries that were begun, and those of them of which it is not known whether it went out.
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    doubts = models.PositiveSmallIntegerField(default=0)
    #: Of sending, and after the end of telling who asked.
    next_try_at = models.DateTimeField("下次发送")
    claim = models.UUIDField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    #: The number the gateway gave it.
    reference = models.CharField("回执号", max_length=100, blank=True)
    #: Why the last try failed.
    failure = models.CharField("原因", max_length=12, choices=Failure, blank=True)
    #: Whom to tell (``portal.notices.registry``), and of what.
    about_kind = models.CharField(max_length=40)
    about_id = models.BigIntegerField()
    created_at = models.DateTimeField("提出时间")
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    #: When who asked was told of the end.
    told_at = models.DateTimeField(null=True, blank=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "外发消息"
        indexes = (
            models.Index(
                fields=("next_try_at",), name="outgoing_due", condition=Q(told_at__isnull=True)
            ),
            models.Index(fields=("created_at",), name="outgoing_created"),
        )
        constraints = (
            models.CheckConstraint(
                name="outgoing_state", condition=Q(state__in=["WAITING", "SENT", "FAILED"])
            ),
            models.CheckConstraint(
                name="outgoing_channel", condition=Q(channel__in=["SMS", "EMAIL"])
            ),
            models.CheckConstraint(
                name="outgoing_claimed_while_waiting",
                condition=Q(claim__isnull=True, claimed_until__isnull=True)
                | Q(state="WAITING", claim__isnull=False, claimed_until__isnull=False),
            ),
            models.CheckConstraint(
                name="outgoing_sent_has_its_time",
                condition=Q(state="SENT", sent_at__isnull=False)
                | (~Q(state="SENT") & Q(sent_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="outgoing_told_of_an_end",
                condition=Q(told_at__isnull=True) | ~Q(state="WAITING"),
            ),
        )

    def __str__(self) -> str:
        return f"外发消息 {self.pk}"
