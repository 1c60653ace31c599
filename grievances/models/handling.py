"""What happens to a grievance: events, assignments, extensions, supervision, measures."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from grievances.kinds import Manner, Part, Result, State
from grievances.models.core import Grievance
from portal.core.encryption import EncryptedTextField

#: Sentences about a case: reasons, replies.
WORDS_LIMIT = 2000


class Event(models.Model):
    """One row of the timeline. Written by ``services.events`` only, never changed."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="events")
    #: A key of ``workflow``: of a move, of an ask, or REGISTER.
    move = models.CharField(max_length=24)
    at = models.DateTimeField()
    from_state = models.CharField(max_length=12, choices=State, blank=True)
    to_state = models.CharField(max_length=12, choices=State)
    round = models.PositiveSmallIntegerField(default=1)
    #: Who did it; None for an outside handler by link, the resident, or the system.
    post = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: The unit it was done for: of the post, or of the outside handler.
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    #: Who has it from now on: time is split by this.
    holder = models.ForeignKey("accounts.Organisation", models.PROTECT, null=True, related_name="+")
    #: Written for somebody without an account (代录).
    on_behalf = models.BooleanField("代录", default=False)
    words = EncryptedTextField("说明", blank=True, default="")

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "办理经过"
        indexes = (models.Index(fields=("grievance", "at", "id"), name="event_grievance"),)

    def __str__(self) -> str:
        return f"{self.grievance_id} {self.move}"


class Assignment(models.Model):
    """One unit that handles it, as lead or co-handler, with its own day and its own moves."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="assignments")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    part = models.CharField(max_length=10, choices=Part)
    manner = models.CharField("方式", max_length=12, choices=Manner, default=Manner.ASSIGN)
    round = models.PositiveSmallIntegerField(default=1)
    assigned_at = models.DateTimeField()
    assigned_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    #: A co-handler's own day; the lead's is that of the grievance.
    due_on = models.DateField("期限", null=True, blank=True)
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    answered_at = models.DateTimeField("答复时间", null=True, blank=True)
    reply = EncryptedTextField("办理意见", blank=True, default="")
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("assigned_at", "pk")
        verbose_name = "交办"
        indexes = (
            models.Index(
                fields=("unit", "assigned_at", "grievance"),
                name="assignment_unit",
                condition=Q(withdrawn_at__isnull=True),
            ),
        )
        constraints = (
            models.CheckConstraint(name="assignment_part", condition=Q(part__in=Part.values)),
            models.CheckConstraint(name="assignment_manner", condition=Q(manner__in=Manner.values)),
            models.UniqueConstraint(
                name="assignment_one_lead",
                fields=("grievance",),
                condition=Q(part="LEAD", withdrawn_at__isnull=True),
            ),
            models.UniqueConstraint(
                name="assignment_unit_once",
                fields=("grievance", "unit"),
                condition=Q(withdrawn_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"{self.grievance_id} {self.unit_id}"


class ExtensionRequest(models.Model):
    """延期: asked for before the day, decided by somebody else, told to the resident."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="extensions")
    #: In the units of the running policy.
    length = models.PositiveSmallIntegerField("延长")
    reason = EncryptedTextField("理由")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    is_approved = models.BooleanField(null=True)
    decision = EncryptedTextField("批复", blank=True, default="")

    class Meta:
        ordering = ("asked_at", "pk")
        verbose_name = "延期"
        constraints = (
            models.CheckConstraint(
                name="extension_decided_is_whole",
                condition=Q(decided_at__isnull=True, is_approved__isnull=True)
                | Q(decided_at__isnull=False, is_approved__isnull=False),
            ),
            models.UniqueConstraint(
                name="extension_one_open",
                fields=("grievance",),
                condition=Q(decided_at__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"延期 {self.pk}"


class Pause(models.Model):
    """暂停: the clock stands still, where its policy allows it."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="pauses")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField("原因", max_length=200)

    class Meta:
        ordering = ("since", "pk")
        verbose_name = "暂停"
        constraints = (
            models.UniqueConstraint(
                name="pause_one_open", fields=("grievance",), condition=Q(until__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"暂停 {self.pk}"


class Supervision(models.Model):
    """督办 or 批示: a leader's word on a case, with a day, and the reply to it."""

    class Kind(models.TextChoices):
        SUPERVISE = "SUPERVISE", "督办"
        DIRECTIVE = "DIRECTIVE", "批示"

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="supervisions")
    kind = models.CharField(max_length=10, choices=Kind)
    words = EncryptedTextField("要求")
    by = models.ForeignKey("accounts.Post", models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField("回复日期")
    reply = EncryptedTextField("回复", blank=True, default="")
    replied_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    replied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "督办"

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class Measure(models.Model):
    """应急处置 / 根治方案: two kinds of step with separate days; a patch closes nothing."""

    class Kind(models.TextChoices):
        EMERGENCY = "EMERGENCY", "应急处置"
        ROOT = "ROOT", "根治方案"

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="measures")
    kind = models.CharField(max_length=10, choices=Kind)
    words = EncryptedTextField("措施")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    due_on = models.DateField("计划完成", null=True, blank=True)
    done_on = models.DateField("完成日期", null=True, blank=True)

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "措施"

    def __str__(self) -> str:
        return f"措施 {self.pk}"


class Opinion(models.Model):
    """办理结果 of one round: what was answered, by which unit, with which result."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="opinions")
    round = models.PositiveSmallIntegerField()
    #: The move it was given with: reply, issue_opinion, review, recheck.
    move = models.CharField(max_length=24)
    result = models.CharField("办理结果", max_length=10, choices=Result)
    reply = EncryptedTextField("答复")
    basis = EncryptedTextField("依据", blank=True, default="")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "答复"

    def __str__(self) -> str:
        return f"答复 {self.pk}"
