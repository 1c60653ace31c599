"""People who never sign in: 联络员, 办理链接, and what was said on the telephone."""

from __future__ import annotations

from django.db import models

from grievances.models.core import Grievance
from grievances.models.handling import Assignment
from portal.core.encryption import EncryptedTextField


class Liaison(models.Model):
    """联络员: whom to ring at a unit; kept by the street's or district's desk."""

    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    name = models.CharField("姓名", max_length=40)
    phone = EncryptedTextField("电话")
    #: The desk whose book it stands in: a street or a district.
    keeper = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    note = models.CharField("备注", max_length=100, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ("unit_id", "pk")
        verbose_name = "联络员"

    def __str__(self) -> str:
        return self.name


class HandlerLink(models.Model):
    """办理链接: one use for one step of an assignment, without an account."""

    class Step(models.TextChoices):
        SIGN = "SIGN", "签收"
        REPLY = "REPLY", "答复"

    assignment = models.ForeignKey(Assignment, models.PROTECT, related_name="links")
    step = models.CharField(max_length=8, choices=Step)
    #: SHA-256 of the token: what is looked up.
    digest = models.CharField(max_length=64, unique=True)
    #: To show or print it again while it is open.
    token = EncryptedTextField()
    liaison = models.ForeignKey(Liaison, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey("accounts.Post", models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("made_at", "pk")
        verbose_name = "办理链接"

    def __str__(self) -> str:
        return f"办理链接 {self.pk}"


class Call(models.Model):
    """One telephone call about a case with somebody who handles it."""

    grievance = models.ForeignKey(Grievance, models.PROTECT, related_name="calls")
    unit = models.ForeignKey("accounts.Organisation", models.PROTECT, related_name="+")
    liaison = models.ForeignKey(Liaison, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.Post", models.PROTECT, related_name="+")
    words = EncryptedTextField("通话内容")

    class Meta:
        ordering = ("at", "pk")
        verbose_name = "通话"

    def __str__(self) -> str:
        return f"通话 {self.pk}"
