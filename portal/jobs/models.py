"""Background work as rows with a state; what it reads and makes; what it was told of columns."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.models import F, Q

from portal.accounts.models import Organisation, Post, User
from portal.core.encryption import EncryptedTextField
from portal.core.paths import path_of
from portal.jobs.querysets import (
    ColumnMappingQuerySet,
    JobFileQuerySet,
    JobQuerySet,
    RowProblemQuerySet,
)


class Job(models.Model):
    """后台任务: asked for under one post, done by whichever worker holds the claim.

    The row is the truth; a message only wakes a worker. ``done``, ``checkpoint`` and ``counts``
    change in the transaction of the batch they speak of.
    """

    class State(models.TextChoices):
        DRAFT = "DRAFT", "待确认"
        WAITING = "WAITING", "排队中"
        RUNNING = "RUNNING", "进行中"
        DONE = "DONE", "已完成"
        FAILED = "FAILED", "未完成"
        CANCELLED = "CANCELLED", "已取消"

    #: Made by the form: asking twice is one job. Its address.
    client_id = models.UUIDField("编号", unique=True, default=uuid.uuid4, editable=False)
    kind = models.CharField("类别", max_length=40)
    title = models.CharField("任务", max_length=120)
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    parameters_text = EncryptedTextField(default="{}")
    state = models.CharField("状态", max_length=12, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField("已处理", default=0)
    #: None: not known yet.
    total = models.PositiveIntegerField("共", null=True, blank=True)
    #: Where to go on after a crash; ids and numbers, never personal data.
    checkpoint = models.JSONField(default=dict, blank=True)
    counts = models.JSONField(default=dict, blank=True)
    #: What came of it, in a sentence for the person who asked.
    message = models.CharField("结果", max_length=500, blank=True)
    #: Tries since the last batch that was kept.
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    #: When it was asked for, or put back to wait.
    created_at = models.DateTimeField("提出时间")
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField("开始时间", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)
    #: When its files are removed.
    expires_at = models.DateTimeField("文件保留至")

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = "后台任务"
        indexes = (
            models.Index(fields=("post", "-created_at", "-id"), name="job_of_post"),
            models.Index(
                fields=("state", "lease_until"),
                name="job_to_do",
                condition=Q(state__in=["WAITING", "RUNNING"]),
            ),
        )
        constraints = (
            models.CheckConstraint(
                name="job_state",
                condition=Q(
                    state__in=["DRAFT", "WAITING", "RUNNING", "DONE", "FAILED", "CANCELLED"]
                ),
            ),
            models.CheckConstraint(
                name="job_claimed_while_running",
                condition=Q(state="RUNNING", claim__isnull=False, lease_until__isnull=False)
                | (~Q(state="RUNNING") & Q(claim__isnull=True, lease_until__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_progress", condition=Q(total__isnull=True) | Q(done__lte=F("total"))
            ),
        )

    def __str__(self) -> str:
        return f"任务 {self.pk}"

    def get_absolute_url(self) -> str:
        return path_of("jobs:job", self.client_id)

    @property
    def parameters(self) -> dict[str, Any]:
        """What was asked for; nothing any more when its time is over."""
        loaded: dict[str, Any] = json.loads(self.parameters_text or "{}")
        return loaded

    @parameters.setter
    def parameters(self, values: Mapping[str, Any]) -> None:
        self.parameters_text = json.dumps(dict(values), ensure_ascii=False)

    @property
    def is_open(self) -> bool:
        """Whether something is still going to happen by itself."""
        return self.state in {self.State.WAITING, self.State.RUNNING}


class JobFile(models.Model):
    """What a job reads or has made; the bytes lie encrypted in ``settings.JOB_FILES``."""

    class Role(models.TextChoices):
        INPUT = "INPUT", "上传的文件"
        RESULT = "RESULT", "结果文件"
        REJECTS = "REJECTS", "退回的行"

    job = models.ForeignKey(Job, models.CASCADE, related_name="files")
    role = models.CharField("用途", max_length=8, choices=Role)
    #: As the person named it: may hold a resident's name.
    name = EncryptedTextField("文件名")
    #: Name on disk: random, and bound to the bytes.
    stored = models.UUIDField(unique=True)
    size = models.PositiveBigIntegerField("大小")
    #: SHA-256 of what was written, before encryption.
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField("保留至", db_index=True)

    objects = JobFileQuerySet.as_manager()

    class Meta:
        ordering = ("job", "role")
        verbose_name = "任务文件"
        constraints = (
            models.UniqueConstraint(name="job_file_one_per_role", fields=("job", "role")),
            models.CheckConstraint(
                name="job_file_role", condition=Q(role__in=["INPUT", "RESULT", "REJECTS"])
            ),
        )

    def __str__(self) -> str:
        return f"文件 {self.pk}"


class RowProblem(models.Model):
    """One row of an upload that cannot be taken, and why; written with the batch it stood in."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="problems")
    #: As a spreadsheet numbers it: the header is 1.
    row = models.PositiveIntegerField("行")
    reason = EncryptedTextField("原因")

    objects = RowProblemQuerySet.as_manager()

    class Meta:
        ordering = ("job", "row")
        verbose_name = "退回的行"
        constraints = (
            models.UniqueConstraint(name="row_problem_one_per_row", fields=("job", "row")),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.row}"


class ColumnMapping(models.Model):
    """Which column meant what, as a unit last said it for a header row like this one."""

    kind = models.CharField(max_length=40)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    #: SHA-256 of the header row.
    signature = models.CharField(max_length=64)
    #: Field → number of the column, from 0.
    columns = models.JSONField(default=dict)
    used_at = models.DateTimeField()

    objects = ColumnMappingQuerySet.as_manager()

    class Meta:
        ordering = ("-used_at",)
        verbose_name = "列的对应"
        constraints = (
            models.UniqueConstraint(
                name="column_mapping_once", fields=("kind", "organisation", "signature")
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.organisation_id}"
