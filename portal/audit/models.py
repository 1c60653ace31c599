"""Rows of the trail and the seals over them; both are only ever added."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q

from portal.audit.querysets import AuditEventQuerySet


class AuditEvent(models.Model):
    """One thing done: ids and field names, never values. Written by ``services.record`` only."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField("时间")
    actor_id = models.BigIntegerField("用户", null=True)
    actor_username = models.CharField("账号", max_length=150, blank=True)
    post_id = models.BigIntegerField("岗位", null=True)
    role = models.CharField("角色", max_length=20, blank=True)
    organisation_id = models.BigIntegerField("单位", null=True)
    district_id = models.BigIntegerField("区", null=True)
    action = models.CharField("动作", max_length=60)
    object_kind = models.CharField("对象", max_length=60, blank=True)
    object_id = models.CharField("对象编号", max_length=64, blank=True)
    fields = models.JSONField("字段", default=list)
    reason_code = models.CharField("理由", max_length=64, blank=True)
    request_id = models.CharField("请求编号", max_length=64, blank=True)
    #: HMAC over everything above; proves that the system wrote the row and nobody changed it.
    mac = models.CharField(max_length=64)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        verbose_name = "审计日志"
        indexes = (
            models.Index(fields=("at", "id"), name="audit_at"),
            models.Index(fields=("actor_username", "at", "id"), name="audit_actor"),
            models.Index(fields=("object_kind", "object_id", "id"), name="audit_object"),
            models.Index(fields=("action", "at", "id"), name="audit_action"),
        )

    def __str__(self) -> str:
        return f"{self.action} {self.object_kind} {self.object_id}".strip()


class AuditSeal(models.Model):
    """A chained HMAC over the rows ``from_id`` … ``to_id`` and the seal before."""

    from_id = models.BigIntegerField(unique=True)
    to_id = models.BigIntegerField(unique=True)
    count = models.BigIntegerField()
    #: Ids that were never used, as [first, last] ranges: what is missing beyond these was removed.
    holes = models.JSONField(default=list)
    previous = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        verbose_name = "审计封存"
        constraints = (
            models.CheckConstraint(name="audit_seal_range", condition=Q(to_id__gte=F("from_id"))),
        )

    def __str__(self) -> str:
        return f"{self.from_id}–{self.to_id}"
