"""个人信息权利: a resident's request to read, correct or delete (个人信息保护法 44–50)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from contacts.querysets import RightsRequestQuerySet
from portal.core.encryption import EncryptedTextField
from portal.core.paths import path_of


class RightsRequest(models.Model):
    """查阅复制 / 更正 / 删除, with an owner and a deadline; who asks is personal data itself."""

    class Kind(models.TextChoices):
        COPY = "COPY", "查阅、复制"
        CORRECTION = "CORRECTION", "更正、补充"
        DELETION = "DELETION", "删除"

    class Outcome(models.TextChoices):
        DONE = "DONE", "已办理"
        PARTLY = "PARTLY", "部分办理"
        DECLINED = "DECLINED", "不予办理"

    #: Given to the resident to look the answer up; unguessable.
    code = models.CharField("查询码", max_length=20, unique=True)
    kind = models.CharField("请求", max_length=12, choices=Kind)
    district = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    street = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    community = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    household = models.ForeignKey(
        "contacts.Household", models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = EncryptedTextField("姓名")
    phone = EncryptedTextField("电话")
    address = EncryptedTextField("住址", blank=True, default="")
    text = EncryptedTextField("要求", blank=True, default="")
    received_at = models.DateTimeField("收到时间")
    due_on = models.DateField("答复期限")
    #: Filed by the resident on the public page (None), or taken down by somebody of the staff.
    taken_by = models.ForeignKey(
        "accounts.Post", models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField("结果", max_length=10, choices=Outcome, blank=True)
    #: What the resident reads when looking it up.
    answer = EncryptedTextField("答复", blank=True, default="")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "accounts.User", models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = RightsRequestQuerySet.as_manager()

    class Meta:
        ordering = ("due_on", "pk")
        verbose_name = "个人信息权利请求"
        indexes = (
            models.Index(fields=("community", "closed_at", "due_on"), name="rights_community"),
            models.Index(fields=("street", "closed_at", "due_on"), name="rights_street"),
        )
        constraints = (
            models.CheckConstraint(
                name="rights_closed_is_whole",
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, outcome="")
                | (
                    Q(closed_at__isnull=False, closed_by__isnull=False)
                    & Q(outcome__in=["DONE", "PARTLY", "DECLINED"])
                ),
            ),
        )

    def __str__(self) -> str:
        return f"权利请求 {self.pk}"

    def get_absolute_url(self) -> str:
        return path_of("contacts:rights_request", self.pk)
