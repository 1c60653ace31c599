"""The resident's side: what was told, the private link, and the verdict."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from grievances.kinds import DISSATISFIED, Grade
from grievances.models.core import Grievance
from portal.core.encryption import EncryptedTextField


class Told(models.Model):
    """告知: an act of telling the resident. Open until somebody did it; stored text is not told."""

    class Channel(models.TextChoices):
        PHONE = "PHONE", "电话"
        DOOR = "DOOR", "上门"
        SMS = "SMS", "短信"
        EMAIL = "EMAIL", "邮件"
        SLIP = "SLIP", "纸条"

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="tellings")
    #: The key of what it tells of: a move or an ask.
    about = models.CharField(max_length=24)
    round = models.PositiveSmallIntegerField(default=1)
    words = EncryptedTextField("告知内容")
    channel = models.CharField("方式", max_length=8, choices=Channel, default=Channel.PHONE)
    asked_at = models.DateTimeField()
    #: None: nobody has told yet, or the message is still on its way.
    told_at = models.DateTimeField("告知时间", null=True, blank=True)
    told_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: Of the message on its way (portal.notices), if it is one.
    outgoing = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ("asked_at", "pk")
        verbose_name = "告知"
        indexes = (
            models.Index(
                fields=("grievance",), name="told_open", condition=Q(told_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"告知 {self.pk}"


class ResidentLink(models.Model):
    """The private link of one grievance: whoever holds it reads and rates without signing in."""

    grievance = models.OneToOneField(Grievance, models.CASCADE, related_name="link")
    #: SHA-256 of the token: what is looked up.
    digest = models.CharField(max_length=64, unique=True)
    #: To print the slip again.
    token = EncryptedTextField()
    made_at = models.DateTimeField()
    #: Taken back: a slip was lost.
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "居民链接"

    def __str__(self) -> str:
        return f"居民链接 {self.pk}"


class FollowUp(models.Model):
    """回访: one attempt to hear the resident's verdict on one round, or the verdict itself."""

    class Way(models.TextChoices):
        LINK = "LINK", "本人网上评价"
        PHONE = "PHONE", "电话"
        DOOR = "DOOR", "上门"
        PAPER = "PAPER", "纸质"

    class Outcome(models.TextChoices):
        ANSWERED = "ANSWERED", "已评价"
        #: No answer is no satisfaction (domain §6).
        NO_ANSWER = "NO_ANSWER", "未联系上"
        DECLINED = "DECLINED", "不愿评价"

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="follow_ups")
    round = models.PositiveSmallIntegerField()
    way = models.CharField("方式", max_length=8, choices=Way)
    outcome = models.CharField("结果", max_length=10, choices=Outcome)
    was_contacted = models.BooleanField("是否联系", null=True)
    was_solved = models.BooleanField("是否解决", null=True)
    grade = models.CharField("评价", max_length=1, choices=Grade, blank=True)
    words = EncryptedTextField("想说的话", blank=True, default="")
    at = models.DateTimeField()
    #: Who asked: of no unit that handled it. None: the resident by the link.
    by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "回访"
        constraints = (
            models.CheckConstraint(
                name="follow_up_answered_is_whole",
                condition=(
                    Q(outcome="ANSWERED", was_contacted__isnull=False, was_solved__isnull=False)
                    & ~Q(grade="")
                )
                | (
                    ~Q(outcome="ANSWERED")
                    & Q(grade="", was_contacted__isnull=True, was_solved__isnull=True)
                ),
            ),
            # One verdict per round: what was said first stays.
            models.UniqueConstraint(
                name="follow_up_one_verdict",
                fields=("grievance", "round"),
                condition=Q(outcome="ANSWERED"),
            ),
        )

    def __str__(self) -> str:
        return f"回访 {self.pk}"

    @property
    def is_bad(self) -> bool:
        """Not well, or not solved: somebody else decides what becomes of it (domain §6)."""
        return self.grade in DISSATISFIED or self.was_solved is False


class CallBack(models.Model):
    """请给我回电话: asked on the private page; open until somebody rang."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="call_backs")
    asked_at = models.DateTimeField()
    words = EncryptedTextField("想说的事", blank=True, default="")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("asked_at", "pk")
        verbose_name = "请求回电"
        constraints = (
            models.UniqueConstraint(
                name="call_back_one_open", fields=("grievance",), condition=Q(done_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"请求回电 {self.pk}"
